//! The tests' HTTP client: reqwest, with every answer checked against the OpenAPI document.
//!
//! An answer that the document does not describe fails any test.

use std::ops::Deref;
use std::time::Instant;

use async_trait::async_trait;
use reqwest::{Request, Response, ResponseBuilderExt, StatusCode};
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware, Middleware, Next, Result};

use super::DEADLINE;
use super::described::{self, Answer};

/// A request whose answer is checked.
pub(crate) type RequestBuilder = reqwest_middleware::RequestBuilder;

/// An HTTP client with its own connections.
#[derive(Clone)]
pub(crate) struct Client(ClientWithMiddleware);

impl Client {
    /// Creates a client with default settings.
    pub(crate) fn new() -> Self {
        Self::of(reqwest::Client::new())
    }

    /// Wraps a client that has special settings.
    pub(crate) fn of(client: reqwest::Client) -> Self {
        Self(ClientBuilder::new(client).with(Checking).build())
    }
}

impl Deref for Client {
    type Target = ClientWithMiddleware;

    fn deref(&self) -> &ClientWithMiddleware {
        &self.0
    }
}

/// Sends GET on a new connection.
pub(crate) async fn get(url: &str) -> Result<Response> {
    Client::new().get(url).send().await
}

/// Sends a request until its answer is not 503. On a busy machine, a password may be told to wait for a processor.
pub(crate) async fn insist(request: RequestBuilder) -> Response {
    let begun = Instant::now();
    loop {
        let answer = request.try_clone().unwrap().send().await.unwrap();
        if answer.status() != StatusCode::SERVICE_UNAVAILABLE {
            return answer;
        }
        assert!(begun.elapsed() < DEADLINE, "an answer other than 503 comes in time");
    }
}

struct Checking;

#[async_trait]
impl Middleware for Checking {
    async fn handle(&self, request: Request, extensions: &mut http::Extensions, next: Next<'_>) -> Result<Response> {
        let (method, url) = (request.method().clone(), request.url().clone());
        let response = next.run(request, extensions).await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let is_stream = headers.get("content-type").is_some_and(|kind| kind == "text/event-stream");
        let mut answer = Answer {
            status: status.as_u16(),
            headers: headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap_or("?"))).collect(),
            body: None,
        };
        if is_stream {
            described::assert_allowed(method.as_str(), url.path(), &answer);
            return Ok(response);
        }
        let version = response.version();
        let body = response.bytes().await?;
        answer.body = Some(&body);
        described::assert_allowed(method.as_str(), url.path(), &answer);
        let mut whole = http::Response::builder().status(status).version(version).url(url);
        *whole.headers_mut().expect("the parts are valid") = headers.clone();
        Ok(whole.body(body.clone()).expect("the parts are valid").into())
    }
}
