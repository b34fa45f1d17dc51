//! The server's shell: calls the running server or, if none runs, a server that listens nowhere and answers these calls
//! alone, so that there is one way to do each thing.

use std::net::{Ipv4Addr, SocketAddr};

use figment::Figment;
use rocket::http::{ContentType, Header, Method};
use rocket::local::asynchronous::Client;
use serde_json::Value;
use tokio::runtime::Runtime;

use super::{Server, logging};
use crate::app::App;
use crate::commands::shell::{Act, Calls, Remote, ShellError, UserAct, perform, read_answer};
use crate::config::{Settings, missing_database};

/// Carries out a command of the server's shell. Returns what it prints.
///
/// # Errors
/// If it is refused, or if neither the server nor its database can be reached.
pub fn shell(figment: Figment, act: &Act) -> Result<String, ShellError> {
    if let Some(mut remote) = Remote::find(&figment)? {
        return perform(act, &mut remote);
    }
    // In a wrong folder, whatever it makes would be of no use. The first account may come before the first start.
    let is_first = matches!(act, Act::User { act: UserAct::Add { .. } });
    if let Some(path) = missing_database(&figment).filter(|_| !is_first) {
        return Err(ShellError::Idle(format!("there is no database at {path}")));
    }
    let log = logging::install_for_shell(
        &Settings::extract(&figment)
            .map_err(|error| ShellError::Idle(format!("its settings cannot be used: {error}")))?,
    )?;
    let mut idle = Idle::open(figment)?;
    let performed = perform(act, &mut idle);
    let closed = idle.close();
    log.close(&closed);
    // The act is on disk, and its output may hold a code that is shown only once.
    if performed.is_err() { closed.and(performed) } else { performed }
}

/// A server on an idle database. On PostgreSQL it is one more node for the moment.
struct Idle {
    runtime: Runtime,
    client: Client,
}

impl Idle {
    fn open(figment: Figment) -> Result<Self, ShellError> {
        let failed = |error: String| ShellError::Idle(format!("its database cannot be used: {error}"));
        let runtime = Runtime::new()?;
        let client = runtime.block_on(async {
            // Rocket prints what it does, if nothing else logs.
            let server =
                Server::ignite(figment.merge(("log_level", "off"))).await.map_err(|error| error.to_string())?;
            Client::untracked(server.rocket).await.map_err(|error| error.kind().to_string())
        });
        Ok(Self { client: client.map_err(failed)?, runtime })
    }

    fn app(&self) -> Result<&App, ShellError> {
        let app = self.client.rocket().state::<App>();
        app.ok_or_else(|| ShellError::Idle("it has no state".to_owned()))
    }

    fn close(self) -> Result<(), ShellError> {
        let app = self.app()?;
        let (journal, store) = (app.journal.clone(), app.store.clone());
        self.runtime.block_on(async {
            let closed = journal.close().await.map_err(|error| ShellError::Idle(error.to_string()));
            store.close().await;
            closed
        })
    }
}

impl Calls for Idle {
    fn call(&mut self, method: &str, path: &str, body: Option<&Value>) -> Result<Value, ShellError> {
        let method: Method = method.parse().map_err(|_| ShellError::Refused("no such method".to_owned()))?;
        let token = self.app()?.accounts.tokens.sign_shell();
        let mut request = self.client.req(method, path);
        request.add_header(Header::new("Authorization", format!("Bearer {token}")));
        request.add_header(Header::new("Host", "localhost"));
        let request = request.remote(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
        let request = match body {
            Some(body) => request.header(ContentType::JSON).body(body.to_string()),
            None => request,
        };
        let (status, body) = self.runtime.block_on(async {
            let response = request.dispatch().await;
            (response.status().code, response.into_string().await.unwrap_or_default())
        });
        read_answer(status, &body)
    }
}
