//! Tests of every method of the store. Each test is written once and runs on both databases: on PostgreSQL only if
//! `LINGER_TEST_POSTGRES` names a cluster. `tests/it/house/store.rs` checks that no method is left out.

mod bulletins;
mod changing;
mod codes;
mod conversations;
mod guests;
mod history;
mod keys;
mod leaving;
mod memberships;
mod places;
mod posting;
mod presence;
mod profiles;
mod rooms;
mod sessions;
mod users;

use figment::Figment;
use figment::providers::Serialized;
use rocket_db_pools::Pool;
use serde_json::json;
use tempfile::TempDir;

use super::*;
use crate::domain::ids::{ConversationId, RoomId};

/// Defines each function as a test on each database.
macro_rules! on_both {
    ($(async fn $name:ident($store:ident) $body:block)+) => {
        $(async fn $name($store: &crate::store::Store) $body)+

        mod sqlite {
            $(#[tokio::test]
            async fn $name() {
                let (store, _folder) = crate::store::tests::on_sqlite().await;
                super::$name(&store).await;
            })+
        }

        mod postgres {
            $(#[tokio::test]
            async fn $name() {
                let Some(store) = crate::store::tests::on_postgres().await else { return };
                super::$name(&store).await;
            })+
        }
    };
}
use on_both;

async fn open(url: &str) -> Store {
    let settings = json!({ "url": url, "max_connections": 2, "connect_timeout": 5 });
    Store::new(ChatPool::init(&Figment::from(Serialized::defaults(settings))).await.unwrap()).unwrap()
}

/// Opens an empty database in a folder, which the caller has to keep.
pub(crate) async fn on_sqlite() -> (Store, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    (open(&format!("sqlite:{}", folder.path().join("linger.db").display())).await, folder)
}

/// Opens an empty database. Returns `None` if there is no cluster.
async fn on_postgres() -> Option<Store> {
    let Ok(cluster) = std::env::var("LINGER_TEST_POSTGRES") else {
        println!("skipped: LINGER_TEST_POSTGRES names no cluster (`linger-rig postgres`)");
        return None;
    };
    Some(open(&linger_rig::postgres::create_database(&cluster).await.unwrap()).await)
}

/// Runs `what` in a transaction of its own.
pub(crate) async fn write<T>(store: &Store, what: impl AsyncFnOnce(&mut Transaction) -> Result<T, StoreError>) -> T {
    let mut transaction = store.begin().await.unwrap();
    let done = what(&mut transaction).await.unwrap();
    transaction.commit().await.unwrap();
    done
}

impl Transaction {
    /// Runs a statement that no method has.
    async fn run(&mut self, sql: &'static str) -> Result<(), StoreError> {
        execute!(self, sqlx::query(sql)).map(drop)
    }

    /// Makes every idempotency key older.
    pub(crate) async fn age_keys(&mut self, by_ms: i64) -> Result<(), StoreError> {
        let sql = "update idempotency_keys set created_at = created_at - $1";
        execute!(self, sqlx::query(sql).bind(by_ms)).map(drop)
    }
}

pub(crate) async fn guest(store: &Store, name: &str) -> User {
    account(store, name, None).await.expect("the name is free")
}

/// Creates an account. Returns `None` if the name is taken.
async fn account(store: &Store, name: &str, hash: Option<&str>) -> Option<User> {
    let newcomer = Newcomer { name: name.to_owned(), password_hash: hash.map(str::to_owned) };
    write(store, async |transaction| transaction.insert_users(&[newcomer], 1).await).await.remove(0)
}

pub(crate) async fn sign_in(store: &Store, id: &str, user: &User, expires_ms: i64) {
    let (client, address) = ("curl".to_owned(), "192.0.2.1".to_owned());
    let session = OpenSession { id: id.to_owned(), user: user.id, issued_ms: 1, expires_ms, client, address };
    write(store, async |transaction| transaction.insert_sessions(&[session]).await).await;
}

/// Creates a room that no user has joined.
async fn room(store: &Store, name: &str, creator: &User) -> (RoomId, ConversationId) {
    let facts = RoomChange::default();
    let made = write(store, async |transaction| transaction.insert_room(name, &facts, creator.id, &[], 2).await).await;
    let (room, _) = made.expect("the name is free");
    (room.id, room.conversation_id)
}

/// Returns a message to a room.
pub(crate) fn draft(conversation_id: ConversationId, sender: &User, text: &str) -> Draft {
    Draft {
        conversation_id,
        conversation: ConversationName::Room { id: 1, name: "general".to_owned() },
        sender_id: sender.id,
        sender: sender.name.clone(),
        text: text.to_owned(),
        reply_to: None,
        key: None,
        refused: None,
    }
}

/// Writes messages as the journal does.
pub(crate) async fn post(store: &Store, drafts: &[Draft]) -> Vec<Outcome> {
    let mut transaction = store.begin().await.unwrap();
    let prepared = transaction.prepare_messages(drafts).await.unwrap();
    transaction.commit_messages(prepared).await.unwrap()
}

/// Posts texts to a conversation, each in a transaction of its own.
async fn say(store: &Store, conversation: ConversationId, sender: &User, texts: &[&str]) -> Vec<StoredMessage> {
    let mut said = Vec::new();
    for text in texts {
        write(store, async |transaction| transaction.insert_authors(&[sender.id]).await).await;
        match post(store, &[draft(conversation, sender, text)]).await.remove(0) {
            Outcome::New(message) => said.push(message),
            other => panic!("{other:?}"),
        }
    }
    said
}

fn texts(messages: &[StoredMessage]) -> Vec<&str> {
    messages.iter().map(|stored| stored.message.text.as_str()).collect()
}

/// Returns the messages among these events.
fn messages(events: Vec<StoredEvent>) -> Vec<StoredMessage> {
    let message = |event| match event {
        StoredEvent::Message(stored) => Some(stored),
        StoredEvent::Change(_) => None,
    };
    events.into_iter().filter_map(message).collect()
}
