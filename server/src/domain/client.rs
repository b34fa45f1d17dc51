//! The name of a client program, as a user recognises it in the list of sessions. Knows only how programs name
//! themselves.

/// The longest name.
const MAX_CHARS: usize = 40;

/// Browsers by what tells them from the browsers whose name they also send, so the order matters.
const BROWSERS: [(&str, &str); 9] = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("HeadlessChrome/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];

/// Systems, likewise.
const SYSTEMS: [(&str, &str); 8] = [
    ("Android", "Android"),
    ("iPhone", "iOS"),
    ("iPad", "iPadOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("BSD", "BSD"),
    ("Linux", "Linux"),
];

/// Returns a readable name for a `User-Agent`: `Firefox on Linux`, `linger 0.2`, `curl`. Returns an empty one if there
/// is nothing readable in it.
pub(crate) fn name_of(user_agent: &str) -> String {
    let find = |table: &[(&str, &'static str)]| {
        table.iter().find(|(sign, _)| user_agent.contains(sign)).map(|&(_, name)| name)
    };
    if user_agent.starts_with("Mozilla/") {
        return match (find(&BROWSERS), find(&SYSTEMS)) {
            (Some(browser), Some(system)) => format!("{browser} on {system}"),
            (browser, system) => browser.or(system).unwrap_or("a browser").to_owned(),
        };
    }
    let product = user_agent.split_whitespace().next().unwrap_or_default();
    let (name, version) = product.split_once('/').unwrap_or((product, ""));
    let name: String = name.chars().filter(|c| c.is_ascii_graphic()).take(MAX_CHARS).collect();
    match version.split('.').take(2).collect::<Vec<_>>().join(".") {
        version
            if name == "linger" && !version.is_empty() && version.bytes().all(|b| b.is_ascii_digit() || b == b'.') =>
        {
            format!("{name} {version}")
        }
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::name_of;

    #[test]
    fn a_client_is_named_as_its_user_knows_it() {
        for (user_agent, name) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 \
                 Safari/537.36 Edg/126.0.0.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile \
                 Safari/537.36",
                "Chrome on Android",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                 Version/17.5 Mobile/15E148 Safari/604.1",
                "Safari on iOS",
            ),
            ("Mozilla/5.0 (something else)", "a browser"),
            ("linger/0.2.0", "linger 0.2"),
            ("linger/\u{1b}", "linger"),
            ("curl/8.14.1", "curl"),
            ("python-requests/2.32.3 extra", "python-requests"),
            ("", ""),
            ("\u{1b}[2J\u{202e}x/1", "[2Jx"),
            (&"a".repeat(100), &"a".repeat(40)),
        ] {
            assert_eq!(name_of(user_agent), name, "{user_agent}");
        }
    }
}
