//! The floor: Rocket with the features that linger builds it with, and a POST that takes the same body,
//! stores nothing and checks nobody.

use rocket::serde::json::{Json, Value, json};
use rocket::{post, routes};

#[post("/send", data = "<message>")]
fn send(message: Json<Value>) -> (rocket::http::Status, Value) {
    let text = message.0["text"].clone();
    (rocket::http::Status::Created, json!({ "id": 1, "seq": 1, "text": text }))
}

/// Serves until it is killed.
pub async fn serve(port: u16) -> anyhow::Result<()> {
    let config = rocket::Config::figment().merge(("port", port)).merge(("log_level", "off")).merge(("ident", false));
    let launched = rocket::custom(config).mount("/", routes![send]).launch().await;
    launched.map(|_| ()).map_err(|error| anyhow::anyhow!("{}", error.kind()))
}
