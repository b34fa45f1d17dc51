//! How a program is shipped: stripped, with its names and line tables beside it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

#[test]
fn a_shipped_program_is_stripped_and_its_line_tables_are_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../scripts/ship");
    let built = env!("CARGO_BIN_EXE_linger");
    for _ in 0..2 {
        let ran = Command::new(script).arg(built).arg(folder.path()).output().unwrap();
        assert!(ran.status.success(), "{ran:?}");
    }
    let (shipped, tables) = (folder.path().join("linger"), folder.path().join("linger.debug"));
    let bytes = fs::read(&shipped).unwrap();
    let contains = |text: &[u8]| bytes.windows(text.len()).any(|window| window == text);
    assert!(bytes.len() as u64 * 2 < fs::metadata(built).unwrap().len(), "{} bytes", bytes.len());
    assert!(contains(b"linger.debug") && contains(b".gnu_debuglink"), "it links to the file beside it");
    assert_eq!(fs::metadata(&tables).unwrap().permissions().mode() & 0o111, 0, "this is no program");
    let said = Command::new(&shipped).arg("--version").output().unwrap().stdout;
    assert!(said.starts_with(b"linger "), "{said:?}");
}
