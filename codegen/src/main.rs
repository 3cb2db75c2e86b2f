//! Writes what is generated to its places: `proto`, `tables`, or both when no name is given.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let only = std::env::args().nth(1);
    let wanted = |name: &str| only.as_deref().is_none_or(|only| only == name);
    if wanted("proto") {
        for (path, text) in obsctl_codegen::generate()? {
            std::fs::write(path, text)?;
        }
    }
    if wanted("tables") {
        let (path, text) = obsctl_codegen::tables::generate(&obsctl_codegen::tables::folder())?;
        std::fs::write(path, text)?;
    }
    Ok(())
}
