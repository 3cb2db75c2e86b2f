//! Writes the generated types to their places.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for (path, text) in obsctl_codegen::generate()? {
        std::fs::write(path, text)?;
    }
    Ok(())
}
