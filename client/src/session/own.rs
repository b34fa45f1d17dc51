//! The commands about the user's own account: their calls, and what they tell. Knows nothing of keys.

use super::remote::Remote;
use crate::commands::Own;
use crate::display::{listing, local_time, sign_ins};
use crate::domain::{Failure, visible};

impl Remote {
    pub(super) fn own_account(&self, command: &Own) -> Result<(), Failure> {
        match command {
            Own::Nick { name } => self.nick(name.as_deref()),
            Own::Account => self.tell_account(),
            Own::Sessions => {
                let all = self.http.sign_ins()?;
                let rows = all
                    .iter()
                    .map(|one| sign_ins::row(&one.id, &one.client, &one.address, &one.last_seen_at, one.current));
                self.view.print(&[sign_ins::heading()].into_iter().chain(rows).collect::<Vec<_>>().join("\n"))?;
                self.view.print_notice("/sessions end ID signs out there, /sessions end others everywhere else.")
            }
            Own::EndSession { id } => {
                let all = self.http.sign_ins()?;
                let found = sign_ins::find(all.iter().map(|one| one.id.as_str()), id);
                let missing = || Failure::Missing(format!("There is no session {id}, or more than one"));
                self.http.end_sign_in(found.ok_or_else(missing)?)?;
                self.view.print_notice("The session has ended.")
            }
            Own::EndOthers => {
                self.http.end_other_sign_ins()?;
                self.view.print_notice("Your other sessions have ended.")
            }
            Own::Code => {
                let issued = self.http.own_code()?;
                self.view.print(&format!("{}\n{}", visible(&issued.url), visible(&issued.code)))?;
                let until = local_time(&issued.expires_at);
                self.view.print_notice(&format!(
                    "It signs you in once, until {until}: open the link, or run `linger login --code CODE` there."
                ))
            }
            Own::Disable { name, is_on } => {
                let missing = || format!("There is no user named {name}");
                self.http.disable(name, *is_on).map_err(|failure| failure.or_missing(missing))?;
                self.view.print_notice(&match is_on {
                    true => format!("{} is shut out, and signed out everywhere.", visible(name)),
                    false => format!("{} may sign in again.", visible(name)),
                })
            }
        }
    }

    /// Shows the display name, or sets it. The user's own name is no display name.
    fn nick(&self, name: Option<&str>) -> Result<(), Failure> {
        let me = match name {
            None => self.http.me()?,
            Some(name) => self.http.set_display_name(Some(name).filter(|name| *name != self.conversations.me()))?,
        };
        self.view.print_notice(&match me.display_name {
            Some(shown) => format!("You are {}, shown as {}.", visible(&me.name), visible(&shown)),
            None => format!("You are {}, and have no other name.", visible(&me.name)),
        })
    }

    fn tell_account(&self) -> Result<(), Failure> {
        let me = self.http.me()?;
        let kind = match (me.guest, me.role.as_str()) {
            (true, _) => "a guest; /passwd makes it an account",
            (false, "admin") => "an account, administrator",
            (false, _) => "an account",
        };
        let mut rows = vec![("name".to_owned(), visible(&me.name)), ("kind".to_owned(), kind.to_owned())];
        if let Some(shown) = &me.display_name {
            rows.insert(1, ("shown as".to_owned(), visible(shown)));
        }
        if !me.created_at.is_empty() {
            rows.push(("since".to_owned(), local_time(&me.created_at)));
        }
        if me.may_set_password {
            rows.push(("password".to_owned(), "may be set without the old one: /passwd".to_owned()));
        }
        self.view.print(&listing::table(&rows, self.view.columns()))
    }
}
