//! The table of settings, which the help and the settings file share. Knows nothing of their values.

use clap::builder::{PossibleValue, PossibleValuesParser};

/// A setting.
pub(crate) struct Setting {
    pub(crate) key: &'static str,
    pub(crate) place: Place,
    about: &'static str,
}

/// Where a setting may be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// At the top level of the settings file, and in each profile.
    File,
    /// At the top level only.
    TopLevel,
    /// In the environment only.
    Environment,
}

/// Every setting, in the order of `config show`.
pub(crate) const SETTINGS: [Setting; 13] = [
    setting("profile", Place::TopLevel, "the profile that is used unless another is named"),
    setting("server", Place::File, "the URL of the server"),
    setting("user", Place::File, "the name to sign in with"),
    setting("room", Place::File, "the room to talk in"),
    setting("color", Place::File, "when to use colour: auto, always, never"),
    setting("palette", Place::File, "the colours of names: auto, 16, 256"),
    setting("time", Place::File, "how times are written: 24h, 12h"),
    setting("history", Place::File, "whether typed lines are kept: on, off"),
    setting("bell", Place::File, "whether the bell rings while you are elsewhere: on, off"),
    setting("title", Place::File, "whether the window's title counts what is unread: on, off"),
    setting("notify", Place::File, "how you are notified while you are elsewhere: off, terminal, or a command"),
    setting("ca_file", Place::File, "a PEM file of certificates to trust instead of the system's"),
    setting("token", Place::Environment, "the token of a session"),
];

const fn setting(key: &'static str, place: Place, about: &'static str) -> Setting {
    Setting { key, place, about }
}

/// Returns the keys that a profile may have, and at the top level of the file also those for the whole file.
pub(crate) fn in_file(is_top_level: bool) -> impl Iterator<Item = &'static str> {
    let is_there = move |place| place == Place::File || is_top_level && place == Place::TopLevel;
    SETTINGS.iter().filter(move |setting| is_there(setting.place)).map(|setting| setting.key)
}

/// Returns what takes the key of a setting that can be written.
pub(super) fn writable() -> PossibleValuesParser {
    let in_file = SETTINGS.iter().filter(|setting| setting.place != Place::Environment);
    in_file.map(|setting| PossibleValue::new(setting.key).help(setting.about)).into()
}
