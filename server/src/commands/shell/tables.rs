//! What the shell's commands print of users, rooms and codes.

use serde_json::Value;

fn text<'v>(value: &'v Value, field: &str) -> &'v str {
    value[field].as_str().unwrap_or_default()
}

fn state(user: &Value) -> &'static str {
    match (user["disabled"].as_bool(), user["online"].as_bool()) {
        (Some(true), _) => "disabled",
        (_, Some(true)) => "online",
        _ => "",
    }
}

/// Returns rows in columns, without spaces at their ends.
fn columns(rows: &[Vec<String>]) -> String {
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |at: usize| rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.chars().count()).max();
    let widths: Vec<_> = (0..count).map(|at| width(at).unwrap_or(0)).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, &width)| format!("{cell:width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn table(head: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let head = head.iter().map(|&title| title.to_owned()).collect();
    columns(&std::iter::once(head).chain(rows).collect::<Vec<_>>())
}

pub(super) fn users(users: &[Value]) -> String {
    let row = |user: &Value| {
        ["name", "role"]
            .map(|field| text(user, field))
            .into_iter()
            .chain([state(user), text(user, "display_name")])
            .map(str::to_owned)
            .collect()
    };
    table(&["NAME", "ROLE", "STATE", "DISPLAY NAME"], users.iter().map(row))
}

pub(super) fn user(user: &Value) -> String {
    let fields = [
        ("name", text(user, "name").to_owned()),
        ("display name", text(user, "display_name").to_owned()),
        ("id", user["id"].to_string()),
        ("role", text(user, "role").to_owned()),
        ("state", state(user).to_owned()),
    ];
    let shown = fields.into_iter().filter(|(_, value)| !value.is_empty());
    columns(&shown.map(|(name, value)| vec![name.to_owned(), value]).collect::<Vec<_>>())
}

pub(super) fn rooms(rooms: &[Value]) -> String {
    let row =
        |room: &Value| vec![text(room, "name").to_owned(), room["members"].to_string(), text(room, "title").to_owned()];
    table(&["NAME", "MEMBERS", "TITLE"], rooms.iter().map(row))
}

/// Returns what to do with a code that signs in a user.
pub(super) fn code(user: &str, answer: &Value) -> String {
    let (code, until) = (text(answer, "code"), text(answer, "expires_at"));
    format!(
        "Code: {code}\n{user} can sign in with it once, until {until}: run `linger login --code {code}`, or add \
         #code={code} to the page's address."
    )
}

pub(super) fn invitation(answer: &Value) -> String {
    let (code, until, uses) = (text(answer, "code"), text(answer, "expires_at"), &answer["uses_left"]);
    let users = if *uses == 1 { "One user".to_owned() } else { format!("{uses} users") };
    format!(
        "Code: {code}\n{users} can join with it, until {until}: run `linger login --invite {code}`, or add \
         #invite={code} to the page's address."
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn users_are_listed_in_columns_without_spaces_at_the_end() {
        let users = [
            json!({ "name": "alice", "role": "admin", "online": true, "disabled": false, "display_name": "Älice" }),
            json!({ "name": "bo", "role": "member", "online": false, "disabled": true }),
        ];
        let expected = "NAME   ROLE    STATE     DISPLAY NAME\nalice  admin   online    Älice\nbo     member  disabled";
        assert_eq!(super::users(&users), expected);
    }

    #[test]
    fn each_code_names_the_flag_that_takes_it() {
        let invitation = super::invitation(&json!({ "code": "7k2mf", "expires_at": "2026-12-05", "uses_left": 1 }));
        assert!(invitation.contains("`linger login --invite 7k2mf`") && invitation.contains("#invite=7k2mf"));
        let code = super::code("bob", &json!({ "code": "7k2mf", "expires_at": "2026-12-05" }));
        assert!(code.contains("`linger login --code 7k2mf`") && code.contains("#code=7k2mf"));
    }
}
