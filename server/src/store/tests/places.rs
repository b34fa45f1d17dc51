//! Converting places on the line to positions in conversations, and back.

use super::{guest, on_both, room, say};

on_both! {
    async fn a_message_has_an_id_a_seq_and_a_time(store) {
        let alice = guest(store, "alice").await;
        let (_, lobby) = room(store, "lobby", &alice).await;
        say(store, 1, &alice, &["elsewhere"]).await;
        let said = say(store, lobby, &alice, &["one", "two"]).await;
        let (id, seq) = (said[1].message.id, said[1].message.seq);
        assert_eq!(store.find_message_id(lobby, seq).await.unwrap(), Some(id));
        assert_eq!(store.find_message_id(lobby, seq + 1).await.unwrap(), None);
        assert_eq!(store.find_event_time(id).await.unwrap(), Some(said[1].sent_at_ms));
        assert_eq!(store.find_event_time(id + 1).await.unwrap(), None);
        let mut positions = store.list_positions_of(&[id, 1, 99]).await.unwrap();
        positions.sort_unstable();
        assert_eq!(positions, [(1, 1), (lobby, 2)]);
    }

    async fn a_place_on_the_line_has_a_seq_in_each_conversation(store) {
        let alice = guest(store, "alice").await;
        let (_, lobby) = room(store, "lobby", &alice).await;
        let (_, empty) = room(store, "empty", &alice).await;
        for _ in 0..3 {
            say(store, 1, &alice, &["hi"]).await;
            say(store, lobby, &alice, &["hi", "ho"]).await;
        }
        let seqs = async |upto| {
            let mut seqs = store.list_seqs_up_to(upto, &[lobby, 1, empty]).await.unwrap();
            seqs.sort_unstable();
            seqs
        };
        assert_eq!(seqs(0).await, []);
        assert_eq!(seqs(1).await, [(1, 1)]);
        assert_eq!(seqs(5).await, [(1, 2), (lobby, 3)]);
        assert_eq!(seqs(i64::MAX).await, [(1, 3), (lobby, 6)]);
    }

    async fn ids_of_positions_beyond_a_place_are_listed_in_order(store) {
        let alice = guest(store, "alice").await;
        let (_, lobby) = room(store, "lobby", &alice).await;
        say(store, lobby, &alice, &["1", "2"]).await;
        say(store, 1, &alice, &["3", "4"]).await;
        let beyond = async |after| store.list_ids_beyond(after, &[(1, 2), (lobby, 1), (lobby, 9)]).await.unwrap();
        assert_eq!(beyond(0).await, [1, 4]);
        assert_eq!(beyond(1).await, [4]);
        assert_eq!(beyond(4).await, [0; 0]);
    }
}
