//! Waiting without missing anything: look, register, look again, wait.
//!
//! A wake-up is only a hint to look again. A message that is published after the second look finds the waiter
//! registered; a message published before it is found by that look. There is no third case, and the tests below let a
//! scheduler try to find one.

use tokio::sync::Notify;

/// A source of wake-ups.
pub(super) trait Bell {
    /// Registers at once, not at the first poll. The future ends at the next wake-up.
    fn ring(&self) -> impl Future<Output = ()>;
}

/// Wakes requests: those that ask for messages alone, and those that ask for changes, too. A change wakes only these.
#[derive(Default)]
pub(super) struct Bells {
    messages: Notify,
    changes: Notify,
}

impl Bells {
    pub(super) fn ring_for_message(&self) {
        self.messages.notify_waiters();
        self.changes.notify_waiters();
    }

    pub(super) fn ring_for_change(&self) {
        self.changes.notify_waiters();
    }

    /// Returns the one that wakes a request that asks for changes, or for messages alone.
    pub(super) fn of(&self, changes: bool) -> &Notify {
        if changes { &self.changes } else { &self.messages }
    }
}

/// Two sources of wake-ups, of which the second is optional.
pub(super) struct Either<'b>(pub(super) &'b Notify, pub(super) Option<&'b Notify>);

impl Bell for Either<'_> {
    fn ring(&self) -> impl Future<Output = ()> {
        let (one, other) = (self.0.notified(), self.1.map(Notify::notified));
        async move {
            match other {
                None => one.await,
                Some(other) => tokio::select! {
                    () = one => {}
                    () = other => {}
                },
            }
        }
    }
}

/// `Notified` is registered for `notify_waiters` from its creation on, as tokio documents.
impl Bell for Notify {
    fn ring(&self) -> impl Future<Output = ()> {
        self.notified()
    }
}

/// Waits until a look finds something.
pub(super) async fn until<T>(bell: &impl Bell, mut look: impl FnMut() -> Option<T>) -> T {
    loop {
        if let Some(found) = look() {
            return found;
        }
        let ring = bell.ring();
        if let Some(found) = look() {
            return found;
        }
        ring.await;
    }
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;
    use std::task::{Context, Poll, Waker};

    use shuttle::sync::atomic::{AtomicU32, Ordering};
    use shuttle::sync::{Arc, Mutex};

    use super::*;

    /// A model of `Notify`, made of parts whose every step the scheduler controls.
    #[derive(Default)]
    struct ModelBell(Mutex<Model>);

    #[derive(Default)]
    struct Model {
        rung: u32,
        waiting: Vec<Waker>,
    }

    impl ModelBell {
        fn ring_all(&self) {
            let mut model = self.0.lock().unwrap();
            model.rung += 1;
            model.waiting.drain(..).for_each(Waker::wake);
        }
    }

    struct Ring<'a> {
        bell: &'a ModelBell,
        registered_at: u32,
    }

    impl Future for Ring<'_> {
        type Output = ();

        fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
            let mut model = self.bell.0.lock().unwrap();
            if model.rung != self.registered_at {
                return Poll::Ready(());
            }
            model.waiting.push(context.waker().clone());
            Poll::Pending
        }
    }

    impl Bell for ModelBell {
        fn ring(&self) -> impl Future<Output = ()> {
            Ring { bell: self, registered_at: self.0.lock().unwrap().rung }
        }
    }

    /// Two readers wait for everything that two writers publish. A reader that misses a wake-up never ends, which
    /// shuttle reports as a deadlock.
    fn readers_see_all(wait: impl AsyncFn(&ModelBell, &AtomicU32, u32) + Send + Sync + Copy + 'static) {
        let world = Arc::new((ModelBell::default(), AtomicU32::new(0)));
        let threads: Vec<_> = (0..2)
            .flat_map(|_| {
                let (reads, writes) = (Arc::clone(&world), Arc::clone(&world));
                let reader = shuttle::thread::spawn(move || {
                    shuttle::future::block_on(async { wait(&reads.0, &reads.1, 2).await });
                });
                let writer = shuttle::thread::spawn(move || {
                    writes.1.fetch_add(1, Ordering::SeqCst);
                    writes.0.ring_all();
                });
                [reader, writer]
            })
            .collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    }

    #[test]
    fn no_schedule_makes_a_reader_miss_a_message() {
        let wait = async |bell: &ModelBell, published: &AtomicU32, all: u32| {
            until(bell, || (published.load(Ordering::SeqCst) == all).then_some(())).await;
        };
        shuttle::check_random(move || readers_see_all(wait), 20_000);
        shuttle::check_pct(move || readers_see_all(wait), 20_000, 3);
    }

    #[test]
    #[should_panic(expected = "deadlock")]
    fn without_the_second_look_some_schedule_does() {
        let careless = async |bell: &ModelBell, published: &AtomicU32, all: u32| {
            while published.load(Ordering::SeqCst) != all {
                bell.ring().await;
            }
        };
        shuttle::check_random(move || readers_see_all(careless), 20_000);
    }
}
