//! Whether any part of a request has left this machine. Knows nothing of what it asks.
//!
//! A call stays on the thread of its caller, so a value of the thread tells it.

use std::cell::Cell;

use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, NextTimeout, Transport};

thread_local! {
    static HAS_BEGUN: Cell<bool> = const { Cell::new(false) };
}

/// Begins a call of this thread, of which nothing was sent.
pub(super) fn begin() {
    HAS_BEGUN.set(false);
}

/// Returns whether any part of the latest request of this thread may have been sent.
pub(super) fn has_begun() -> bool {
    HAS_BEGUN.get()
}

/// Makes connections that notice what is sent on them.
#[derive(Debug)]
pub(super) struct Noticing<T>(pub(super) T);

impl<C: Connector> Connector for Noticing<C> {
    type Out = Noticing<C::Out>;

    fn connect(&self, details: &ConnectionDetails, chained: Option<()>) -> Result<Option<Self::Out>, ureq::Error> {
        let connected = self.0.connect(details, chained);
        // Setting up a proxy or TLS sends bytes, too, but none of the request.
        begin();
        Ok(connected?.map(Noticing))
    }
}

impl<T: Transport> Transport for Noticing<T> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.0.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        HAS_BEGUN.set(true);
        self.0.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        self.0.await_input(timeout)
    }

    fn is_open(&mut self) -> bool {
        self.0.is_open()
    }

    fn is_tls(&self) -> bool {
        self.0.is_tls()
    }
}
