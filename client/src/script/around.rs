//! `rooms`, `users` and `status`: an overview of the server.

use linger_api::ConversationStatus;

use crate::config::Settings;
use crate::display::{Output, local_time};
use crate::domain::{Failure, Listed, visible};
use crate::sign_in;

/// Lists all rooms by id, or the archived ones instead.
pub(super) fn rooms(settings: &Settings, is_archived: bool, output: &mut Output) -> Result<(), Failure> {
    let rooms = sign_in::for_script(settings)?.call(|http| http.all_rooms(is_archived))?;
    if output.has_heading() {
        let heading = format!("{:<32} {:>7} {:>7}", "room", "members", "unread");
        output.line(&output.palette().dim(&heading))?;
    }
    for Listed { room, facts } in rooms {
        let joined = room.joined.then_some("joined");
        let notes: String = joined.into_iter().chain(facts.notes()).map(|note| format!(" {}", visible(note))).collect();
        let words = || format!("{:<32} {:>7} {:>7}{notes}", visible(&room.name), room.members, room.unread);
        output.json_or(&room, words)?;
    }
    Ok(())
}

/// Lists all users by id, or only those who are online.
pub(super) fn users(settings: &Settings, online: bool, output: &mut Output) -> Result<(), Failure> {
    for user in sign_in::for_script(settings)?.call(|http| http.all_users(online))? {
        let there = if user.online { " online" } else { "" };
        output.json_or(&user, || format!("{:<32}{there}", visible(&user.name)).trim_end().to_owned())?;
    }
    Ok(())
}

/// Prints server status and unread counts.
pub(super) fn status(settings: &Settings, output: &mut Output) -> Result<(), Failure> {
    let status = sign_in::for_script(settings)?.call(|http| http.status(None))?;
    output.json_or(&status, || {
        let unread: Vec<_> = status.conversations.iter().filter(|one| one.unread > 0).map(unread_in).collect();
        let unread = if unread.is_empty() { "nothing".to_owned() } else { unread.join(", ") };
        let server = &status.server;
        let version = format!("linger {}, up since {}", visible(&server.version), local_time(&server.started_at));
        let guest = if status.user.guest { ", a guest" } else { "" };
        [
            format!("server   {} ({version})", settings.server),
            format!("you      {}{guest}", visible(&status.user.name)),
            format!("online   {}", status.users_online),
            format!("unread   {unread}"),
        ]
        .join("\n")
    })
}

fn unread_in(one: &ConversationStatus) -> String {
    match (&one.room, &one.with) {
        (Some(room), _) => format!("#{} {}", visible(room), one.unread),
        (None, with) => format!("@{} {}", visible(with.as_deref().unwrap_or_default()), one.unread),
    }
}
