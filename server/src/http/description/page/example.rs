//! Examples of what is sent.

use serde_json::Value;

use super::Document;

/// The example of a schema, as it is sent; of a list, a list of one.
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
