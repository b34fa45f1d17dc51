//! What the strings and numbers of the wire are, as OpenAPI says it: one schema for each word, to which the
//! objects' fields refer. None of them is ever made; only their shape is asked for.

#![expect(dead_code, reason = "what is inside them only gives a schema its type")]

use utoipa::ToSchema;

/// The name of a user or a room.
#[derive(ToSchema)]
#[schema(pattern = "^[a-z0-9][a-z0-9_-]{0,31}$", min_length = 1, max_length = 32, examples("alice"))]
pub struct Name(String);

/// The name of a user or a room; upper case is folded to lower.
#[derive(ToSchema)]
#[schema(pattern = "^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$", min_length = 1, max_length = 32, examples("alice"))]
pub struct NameToFold(String);

/// What is said: 1 to 4,096 bytes of UTF-8, so fewer characters than that if not all are ASCII, which no schema can
/// say. Not blank; no control characters but newline and tab.
#[derive(ToSchema)]
#[schema(
    pattern = r"^[^\u0000-\u0008\u000b-\u001f\u007f-\u009f]*[^\u0000-\u0020\u007f-\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000][^\u0000-\u0008\u000b-\u001f\u007f-\u009f]*$",
    min_length = 1,
    max_length = 4096,
    examples("hi")
)]
pub struct Text(String);

/// RFC 3339, UTC, milliseconds.
#[derive(ToSchema)]
#[schema(
    format = DateTime,
    pattern = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$",
    examples("2026-11-21T10:00:00.123Z")
)]
pub struct Time(String);

/// An opaque string: "I have everything up to here". Give it back as it came.
#[derive(ToSchema)]
#[schema(pattern = "^[A-Za-z0-9_-]+$", min_length = 1, examples("AYINDRlCZAk_FjToXKVBQA"))]
pub struct Cursor(String);

/// The bearer token of a session (a JWT).
#[derive(ToSchema)]
#[schema(
    pattern = r"^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$",
    examples("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3In0.c2lnbmF0dXJl")
)]
pub struct Token(String);

/// A message's place on the server's one number line.
#[derive(ToSchema)]
#[schema(minimum = 1, examples(1042))]
pub struct MessageId(i64);

/// A message's place in its conversation: 1, 2, 3 … without gaps.
#[derive(ToSchema)]
#[schema(minimum = 1, examples(17))]
pub struct Seq(i64);

/// A seq, or 0 before the first.
#[derive(ToSchema)]
#[schema(minimum = 0, examples(17))]
pub struct Position(i64);

/// A room's id; 1 is `general`.
#[derive(ToSchema)]
#[schema(minimum = 1, examples(1))]
pub struct RoomId(i64);

/// A user's id, never reused.
#[derive(ToSchema)]
#[schema(minimum = 1, examples(7))]
pub struct UserId(i64);

/// How many.
#[derive(ToSchema)]
#[schema(minimum = 0, examples(2))]
pub struct Count(i64);
