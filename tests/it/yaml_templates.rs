//! Config that is in use is not taken for an unrendered template.

use std::path::Path;

use obsctl::yaml::unrendered;

/// Every file below `$OBSCTL_CORPORA/lint` is text as it is loaded.
#[test]
fn files_in_use_are_no_templates() {
    let Some(folder) = std::env::var_os("OBSCTL_CORPORA") else { return };
    let mut files = 0;
    let mut wrong = Vec::new();
    let mut folders = vec![Path::new(&folder).join("lint")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            files += 1;
            let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
            if let Some(found) = unrendered(&text) {
                wrong.push(format!("{}: {}", path.display(), found.span.of(&text)));
            }
        }
    }
    assert!(files > 10, "{files} files");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
