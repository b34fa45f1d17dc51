//! OpenAPI schemas of the strings and numbers in the JSON objects, one per concept; the objects' fields refer to them.
//! The types are never constructed.

#![expect(dead_code, reason = "the fields only give the schemas their types")]

use utoipa::ToSchema;

/// The name of a user or a room.
#[derive(ToSchema)]
#[schema(pattern = "^[a-z0-9][a-z0-9_-]{0,31}$", min_length = 1, max_length = 32, examples("alice"))]
pub struct Name(String);

/// The name of a user or a room. Upper case is folded to lower.
#[derive(ToSchema)]
#[schema(pattern = "^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$", min_length = 1, max_length = 32, examples("alice"))]
pub struct NameToFold(String);

/// A message's text: 1 to 16,384 bytes of UTF-8 with at least one visible character, without control characters other
/// than newline and tab. `\r\n` is stored as `\n`. `maxLength` counts characters, so text outside ASCII may reach the
/// limit in bytes earlier.
#[derive(ToSchema)]
#[schema(
    pattern = r"^(\r\n|[^\u0000-\u0008\u000b-\u001f\u007f-\u009f])*[^\u0000-\u0020\u007f-\u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffc](\r\n|[^\u0000-\u0008\u000b-\u001f\u007f-\u009f])*$",
    min_length = 1,
    max_length = 16384,
    examples("hi")
)]
pub struct Text(String);

/// The text of a message that may be deleted, and is empty then.
#[derive(ToSchema)]
#[schema(pattern = r"^[^\u0000-\u0008\u000b-\u001f\u007f-\u009f]*$", max_length = 16384, examples("hi"))]
pub struct TextOrNone(String);

/// A name for people: 1 to 64 characters in Unicode's form NFC, at least one of them visible, without control,
/// direction and invisible characters.
#[derive(ToSchema)]
#[schema(
    pattern = r"^[^\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]+$",
    min_length = 1,
    max_length = 64,
    examples("Alice Miller")
)]
pub struct Title(String);

/// A name for people, or none.
#[derive(ToSchema)]
#[schema(
    pattern = r"^[^\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]*$",
    max_length = 64,
    examples("Alice Miller")
)]
pub struct TitleOrNone(String);

/// The id of a session.
#[derive(ToSchema)]
#[schema(pattern = "^[0-9a-f]{32}$", examples("0123456789abcdef0123456789abcdef"))]
pub struct SessionId(String);

/// A topic: up to 256 characters of any script, normalised to NFC, without control characters and direction marks.
/// Blanks around it are removed.
#[derive(ToSchema)]
#[schema(max_length = 256, examples("Minutes and agendas"))]
pub struct Topic(String);

/// One emoji, in its fully qualified form.
#[derive(ToSchema)]
#[schema(min_length = 1, examples("👍"))]
pub struct Emoji(String);

/// A timestamp: RFC 3339, in UTC, with milliseconds.
#[derive(ToSchema)]
#[schema(
    format = DateTime,
    pattern = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$",
    examples("2026-11-21T10:00:00.123Z")
)]
pub struct Time(String);

/// An opaque string that means "I have everything up to here". Return it unchanged.
#[derive(ToSchema)]
#[schema(pattern = "^[A-Za-z0-9_-]+$", min_length = 1, examples("AYINDRlCZAk_FjToXKVBQA"))]
pub struct Cursor(String);

/// The bearer token of a session, a JWT.
#[derive(ToSchema)]
#[schema(
    pattern = r"^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$",
    examples("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3In0.c2lnbmF0dXJl")
)]
pub struct Token(String);

/// A message's id, unique on the server and rising in the order in which messages became visible.
#[derive(ToSchema)]
#[schema(minimum = 1, examples(1042))]
pub struct MessageId(i64);

/// A message's position in its conversation: 1, 2, 3 … without gaps.
#[derive(ToSchema)]
#[schema(minimum = 1, examples(17))]
pub struct Seq(i64);

/// A seq, or 0 for the position before the first message.
#[derive(ToSchema)]
#[schema(minimum = 0, examples(17))]
pub struct Position(i64);

/// A room's id. Room 1 is `general`.
#[derive(ToSchema)]
#[schema(minimum = 1, examples(1))]
pub struct RoomId(i64);

/// A user's id. Ids are never reused.
#[derive(ToSchema)]
#[schema(minimum = 1, examples(7))]
pub struct UserId(i64);

/// A count.
#[derive(ToSchema)]
#[schema(minimum = 0, examples(2))]
pub struct Count(i64);

/// An invitation's id.
#[derive(ToSchema)]
#[schema(minimum = 1, examples(3))]
pub struct InviteId(i64);

/// A code: 26 letters and digits in groups.
#[derive(ToSchema)]
#[schema(pattern = "^[0-9a-hjkmnp-tv-z]+(-[0-9a-hjkmnp-tv-z]+)*$", examples("4t9q2-0c8hk-x3vmn-57wpd-jz1e6r"))]
pub struct Code(String);
