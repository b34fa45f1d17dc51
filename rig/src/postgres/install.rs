//! The PostgreSQL programs installed on this machine, and the user they run as.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, anyhow};

/// Debian's folder for PostgreSQL, with a subfolder for each major version.
const VERSIONS: &str = "/usr/lib/postgresql";

/// An installed PostgreSQL.
pub(super) struct Install {
    programs: PathBuf,
    /// The user and group to run as if this process is root, which PostgreSQL refuses to be.
    run_as: Option<(u32, u32)>,
}

impl Install {
    /// Finds the newest version.
    pub(super) fn find() -> anyhow::Result<Self> {
        let versions = std::fs::read_dir(VERSIONS).into_iter().flatten().filter_map(Result::ok);
        let programs = versions
            .filter(|version| {
                version.path().join("bin/initdb").exists() && version.path().join("bin/postgres").exists()
            })
            .filter_map(|version| Some((version.file_name().to_str()?.parse::<u32>().ok()?, version.path())))
            .max()
            .map(|(_, path)| path.join("bin"))
            .with_context(|| format!("there is no PostgreSQL in {VERSIONS}: install Debian's package `postgresql`"))?;
        let run_as = if rustix::process::geteuid().is_root() { Some(account("postgres")?) } else { None };
        Ok(Self { programs, run_as })
    }

    /// Prepares a command for one of the programs, with the right user.
    pub(super) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        // Ignore PGDATA, PGPORT and the locale of the caller's environment.
        command.env_clear().env("PATH", "/usr/bin:/bin").env("LC_ALL", "C.UTF-8");
        if let Some((user, group)) = self.run_as {
            command.uid(user).gid(group);
        }
        command
    }

    /// Gives a folder to the user the programs run as.
    pub(super) fn give(&self, folder: &Path) -> anyhow::Result<()> {
        let Some((user, group)) = self.run_as else { return Ok(()) };
        Ok(std::os::unix::fs::chown(folder, Some(user), Some(group))?)
    }
}

/// Looks up a user's id and main group in passwd(5).
fn account(name: &str) -> anyhow::Result<(u32, u32)> {
    let accounts = std::fs::read_to_string("/etc/passwd")?;
    let found = accounts.lines().find_map(|line| {
        let fields: Vec<_> = line.split(':').collect();
        (fields[0] == name).then(|| Some((fields.get(2)?.parse().ok()?, fields.get(3)?.parse().ok()?)))?
    });
    found.ok_or_else(|| anyhow!("PostgreSQL does not run as root, and there is no user `{name}` to run it as"))
}
