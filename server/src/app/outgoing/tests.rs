//! Answers that are read, or not, with a clock of their own.

use super::rest::STEP_BYTES;
use super::*;
use crate::domain::problem::Kind;

const KIB: usize = 1024;

struct Scene {
    outgoing: Arc<Outgoing>,
    now: Instant,
}

impl Scene {
    fn new() -> Self {
        Self { outgoing: Arc::default(), now: Instant::now() }
    }

    fn begin(&self, user: UserId, bytes: usize) -> Result<Sending, Problem> {
        let client = SocketAddr::from(([127, 0, 0, 1], user as u16));
        let pieces = vec![Piece::Own(vec![b'x'; bytes])];
        self.outgoing.begin_at(user, Some(client), pieces, bytes, true, self.now)
    }

    fn send(&self, user: UserId, bytes: usize) -> Sending {
        self.begin(user, bytes).unwrap()
    }

    fn refusal(&self, user: UserId, bytes: usize) -> Option<Kind> {
        self.begin(user, bytes).err().map(|problem| problem.kind)
    }

    fn read(&self, sending: &mut Sending, bytes: usize) -> bool {
        sending.rest.lock().take(&mut vec![0; bytes], self.now).is_ok()
    }

    fn cut_off(&self) -> usize {
        self.outgoing.take_cut_off_at(self.now).len()
    }

    fn wait(&mut self, seconds: u64) {
        self.now += Duration::from_secs(seconds);
    }
}

fn is_cut_off(sending: &Sending) -> bool {
    sending.rest.lock().take(&mut [], Instant::now()).is_err()
}

#[test]
fn an_answer_is_sent_whole_across_pieces() {
    let outgoing = Arc::new(Outgoing::default());
    let pieces = ["", "abc", "d", "", "efghij"].map(|piece| Piece::Own(piece.as_bytes().to_vec()));
    let mut sending = outgoing.begin(1, None, pieces.into(), 10, true).unwrap();
    let (mut sent, mut buffer) = (Vec::new(), [0; 4]);
    while let Ok(taken @ 1..) = sending.take(&mut buffer) {
        sent.extend_from_slice(&buffer[..taken]);
    }
    assert_eq!(sent, b"abcdefghij");
    drop(sending);
    let state = outgoing.0.lock();
    assert_eq!((state.bytes, state.by_user.len()), (0, 0));
}

#[test]
fn an_answer_that_is_read_is_never_cut_off_and_the_newest_is_refused_instead() {
    let mut scene = Scene::new();
    let mut sendings: Vec<_> = (0..ANSWERS_OF_A_USER).map(|_| scene.send(1, KIB * 100)).collect();
    for _ in 0..10 {
        scene.wait(4);
        assert_eq!(scene.refusal(1, KIB), Some(Kind::TooManyRequests));
        assert!(sendings.iter_mut().all(|sending| scene.read(sending, STEP_BYTES)));
        assert_eq!(scene.cut_off(), 0);
    }
    assert_eq!(scene.refusal(2, KIB), None, "other users are served");
    let stored = scene.outgoing.begin_at(1, None, Vec::new(), 0, false, scene.now);
    assert!(stored.is_ok(), "the answer to a message that was stored");
    sendings.truncate(ANSWERS_OF_A_USER - 2);
    assert_eq!(scene.refusal(1, KIB), None, "two have ended");
    drop(stored);
}

#[test]
fn an_answer_counts_while_it_is_being_read_from_the_database() {
    let scene = Scene::new();
    let mut reserved: Vec<_> = (0..ANSWERS_OF_A_USER).map(|_| scene.outgoing.reserve(1).unwrap()).collect();
    assert_eq!(scene.outgoing.reserve(1).err().map(|problem| problem.kind), Some(Kind::TooManyRequests));
    assert_eq!(scene.refusal(1, KIB), Some(Kind::TooManyRequests));
    assert!(scene.outgoing.reserve(2).is_ok(), "other users are served");
    reserved.pop();
    let sending = scene.send(1, KIB);
    drop((reserved, sending));
    assert_eq!(scene.outgoing.0.lock().by_user.len(), 0);
}

#[test]
fn a_newer_answer_takes_the_place_of_the_oldest_that_has_stalled() {
    let mut scene = Scene::new();
    let mut sendings: Vec<_> = (0..ANSWERS_OF_A_USER).map(|_| scene.send(1, KIB * 50)).collect();
    scene.wait(5);
    assert!(scene.read(&mut sendings[0], STEP_BYTES));
    sendings.push(scene.send(1, KIB * 50));
    let cut_off: Vec<_> = (0..sendings.len()).filter(|&at| is_cut_off(&sendings[at])).collect();
    assert_eq!(cut_off, [1]);
    assert_eq!(scene.cut_off(), ANSWERS_OF_A_USER - 1 - STALLED_OF_A_USER, "only some that have stalled are kept");
    assert!(!is_cut_off(&sendings[0]) && !is_cut_off(&sendings[ANSWERS_OF_A_USER]));
}

#[test]
fn an_answer_that_is_taken_too_slowly_is_cut_off() {
    let mut scene = Scene::new();
    let (mut slow, mut steady) = (scene.send(1, 500 * KIB), scene.send(2, 500 * KIB));
    for second in 1..40 {
        scene.wait(1);
        assert!(second % 20 > 0 || scene.read(&mut slow, KIB));
        assert!(scene.read(&mut steady, KIB));
        assert_eq!(scene.cut_off(), 0);
    }
    scene.wait(1);
    assert_eq!(scene.cut_off(), 1);
    assert!(!scene.read(&mut slow, KIB) && scene.read(&mut steady, KIB));
}

#[test]
fn the_connection_of_an_answer_that_has_ended_is_not_cut() {
    let mut scene = Scene::new();
    let (ended, stays) = (scene.send(1, KIB), scene.send(2, KIB));
    scene.wait(40);
    scene.outgoing.0.lock().cut_off(1, 0);
    drop(ended);
    assert_eq!(scene.outgoing.take_cut_off_at(scene.now), [SocketAddr::from(([127, 0, 0, 1], 2))]);
    drop(stays);
}

#[test]
fn memory_is_taken_from_those_that_have_stalled_and_refused_to_those_that_hold_much() {
    let mut scene = Scene::new();
    let greedy: Vec<_> = (0..12).map(|_| scene.send(1, 2048 * KIB)).collect();
    assert_eq!(scene.refusal(1, 256 * KIB), Some(Kind::TooManyRequests));
    let modest: Vec<_> = (10..30).map(|user| scene.send(user, 256 * KIB)).collect();
    scene.wait(5);
    let newest = scene.send(1, 256 * KIB);
    assert!(greedy.iter().filter(|sending| is_cut_off(sending)).count() > 0);
    assert!(!modest.iter().any(is_cut_off) && !is_cut_off(&newest));
    assert!(scene.outgoing.0.lock().bytes <= BYTES);
}

#[test]
fn all_answers_together_have_a_limit_that_many_users_cannot_exceed() {
    let mut scene = Scene::new();
    let mut sendings = Vec::new();
    let mut refused = 0;
    for user in 0..100 {
        for _ in 0..4 {
            match scene.begin(user, 256 * KIB) {
                Ok(sending) => sendings.push(sending),
                Err(problem) => {
                    assert_eq!(problem.kind, Kind::Unavailable);
                    refused += 1;
                }
            }
        }
    }
    assert!(refused > 0);
    assert!(scene.outgoing.0.lock().bytes <= MOST_BYTES);
    assert_eq!(scene.refusal(200, FEW_BYTES), None, "what is shared with the tail is always sent");
    scene.wait(5);
    assert_eq!(scene.refusal(200, 256 * KIB), None);
    assert!(scene.outgoing.0.lock().bytes <= BYTES);
}
