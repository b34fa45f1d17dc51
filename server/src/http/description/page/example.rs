//! Examples of bodies and answers.

use serde_json::Value;

use super::Document;

/// Returns a schema's example as it is sent, or `None` if it has none. The example of a list is a list of one item.
pub(super) fn example(document: Document<'_>, schema: &Value) -> Option<String> {
    if let Some(items) = schema.get("items") {
        return example(document, items).map(|item| format!("[{item}]"));
    }
    let example = &document.resolve(schema)["examples"][0];
    match example {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}
