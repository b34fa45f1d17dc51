//! `docs/client.md`, compared with the program.

use std::collections::BTreeSet;
use std::fs;

use crate::harness::Home;

fn document() -> String {
    fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/client.md")).unwrap()
}

/// Returns the commands in the groups of a `--help`.
fn commands(help: &str) -> Vec<String> {
    let (_, list) = help.split_once("Messages:\n").unwrap();
    let lines = list.split("\nTopics ").next().unwrap().lines().filter(|line| line.starts_with("  "));
    lines.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help").map(str::to_owned).collect()
}

/// Returns the long flags in a `--help`, without its examples.
fn flags(help: &str) -> BTreeSet<String> {
    let help = help.split("Examples:").next().unwrap();
    let words = help.split(|c: char| !c.is_ascii_lowercase() && c != '-');
    words.filter(|word| word.starts_with("--") && word.len() > 2).map(str::to_owned).collect()
}

#[test]
fn the_document_names_every_command_and_every_flag() {
    let home = Home::new();
    let document = document();
    let help = home.run(&["--help"]).ok();
    let commands = commands(&help);
    assert!(commands.len() >= 10, "{commands:?}");
    for command in &commands {
        assert!(document.contains(&format!("`linger {command}")), "{command}");
        let help = home.run(&[command, "--help"]).ok();
        for flag in flags(&help).iter().filter(|flag| !["--help", "--version", "--verbose"].contains(&flag.as_str())) {
            assert!(document.contains(flag), "{command} {flag}");
        }
    }
}

#[test]
fn the_document_names_every_setting_with_its_built_in_value() {
    let document = document();
    let rows = Home::new().run(&["config", "show", "--json"]).json();
    for row in rows.iter().filter(|row| row["setting"].is_string()) {
        let setting = row["setting"].as_str().unwrap();
        let is_row = |line: &&str| line.starts_with(&format!("| `{setting}`")) || line.starts_with("| the token ");
        let line = document.lines().find(|line| is_row(line) && line.contains(setting));
        let line = line.unwrap_or_else(|| panic!("{setting}"));
        if let Some(value) = row["value"].as_str() {
            assert!(line.contains(&format!("`{value}`")), "{line}");
        }
    }
}

#[test]
fn the_settings_file_in_the_document_can_be_read() {
    let home = Home::new();
    let document = document();
    let toml = document.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    home.configure(toml);
    assert!(home.run(&["config", "show", "--profile", "work"]).ok().contains("https://chat.work.example"));
}

#[test]
fn the_document_lists_the_exit_statuses_of_the_help() {
    let help = Home::new().run(&["help", "exit-codes"]).ok();
    let document = document();
    let is_status = |word: &&str| word.parse::<u8>().is_ok();
    let listed: Vec<_> = help.lines().filter_map(|row| row.split_whitespace().next().filter(is_status)).collect();
    assert_eq!(listed.len(), 9, "{help}");
    for status in listed {
        assert!(document.contains(&format!("\n| {status} | ")), "{status}");
    }
}
