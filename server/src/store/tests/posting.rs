//! Writing messages.

use super::{draft, guest, messages, on_both, post, room, texts};
use crate::store::{Draft, Outcome, StoredMessage};

fn keyed(draft: Draft, key: &str) -> Draft {
    Draft { key: Some(key.to_owned()), ..draft }
}

fn new(outcomes: &Outcome) -> &StoredMessage {
    match outcomes {
        Outcome::New(message) => message,
        other => panic!("{other:?}"),
    }
}

on_both! {
    async fn ids_rise_over_all_conversations_and_seqs_count_in_each(store) {
        let alice = guest(store, "alice").await;
        let (_, lobby) = room(store, "lobby", &alice).await;
        let mut places = Vec::new();
        for _ in 0..2 {
            let drafts = [1, lobby, 1, 1, lobby].map(|conversation| draft(conversation, &alice, "hi"));
            places.extend(post(store, &drafts).await.iter().map(|i| (new(i).message.id, new(i).message.seq)));
        }
        let expected = [(1, 1), (2, 1), (3, 2), (4, 3), (5, 2), (6, 4), (7, 3), (8, 5), (9, 6), (10, 4)];
        assert_eq!(places, expected);
        assert_eq!(store.find_heads().await.unwrap().event, 10);
        assert_eq!((store.newest_seq(1).await.unwrap(), store.newest_seq(lobby).await.unwrap()), (6, 4));
        assert_eq!(post(store, &[]).await, []);
    }

    async fn messages_are_returned_as_they_are_stored(store) {
        let alice = guest(store, "alice").await;
        let said = ["\"quoted\\\"", "emoji 🐙 ü ﬁ", "'; drop table messages; --", "[1,2]", "tab\tline\n", " "];
        let outcomes = post(store, &said.map(|text| draft(1, &alice, text))).await;
        let stored = messages(store.list_events_between(0, 100, 100).await.unwrap());
        assert_eq!(texts(&stored), said);
        assert!(outcomes.iter().map(new).eq(&stored));
    }

    async fn a_key_names_one_message_within_a_batch_and_after_it(store) {
        let (alice, bob) = (guest(store, "alice").await, guest(store, "bob").await);
        let (_, lobby) = room(store, "lobby", &alice).await;
        let once = keyed(draft(1, &alice, "once"), "key");
        let other_text = Draft { text: "twice".to_owned(), ..once.clone() };
        let other_place = Draft { conversation_id: lobby, ..once.clone() };
        let bobs = keyed(draft(1, &bob, "once"), "key");
        let drafts = [once.clone(), once.clone(), other_text.clone(), other_place.clone(), bobs];
        let batch = post(store, &drafts).await;
        let first = new(&batch[0]).clone();
        assert_eq!(batch[1], Outcome::Repeated(first.clone()));
        assert_eq!(batch[2..4], [Outcome::KeyReused, Outcome::KeyReused]);
        assert_eq!(new(&batch[4]).message.id, first.message.id + 1, "keys are each user's own");
        let again = post(store, &[other_place, once, other_text]).await;
        assert_eq!(again, [Outcome::KeyReused, Outcome::Repeated(first), Outcome::KeyReused]);
        assert_eq!(store.newest_seq(1).await.unwrap(), 2);
    }

    async fn a_message_that_cannot_be_written_fails_the_whole_batch(store) {
        let alice = guest(store, "alice").await;
        let mut transaction = store.begin().await.unwrap();
        let drafts = [1, 4711, 1].map(|conversation| draft(conversation, &alice, "hi"));
        let prepared = transaction.prepare_messages(&drafts).await.unwrap();
        assert_eq!(prepared.newest_id(), 3);
        assert!(transaction.commit_messages(prepared).await.is_err());
        assert_eq!(store.find_heads().await.unwrap().event, 0);
        assert_eq!(store.newest_seq(1).await.unwrap(), 0);
        assert_eq!(new(&post(store, &drafts[..1]).await[0]).message.id, 1);
    }
}
