//! HTTP as tests speak it: reqwest, with a look at every answer. Whatever a test is about, an answer that the
//! description does not allow for fails it.

use std::ops::Deref;

use async_trait::async_trait;
use reqwest::{Request, Response, ResponseBuilderExt};
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware, Middleware, Next, Result};

use super::described::{self, Answer};

/// Requests as tests make them.
pub type RequestBuilder = reqwest_middleware::RequestBuilder;

/// Connections of one's own.
#[derive(Clone)]
pub struct Client(ClientWithMiddleware);

impl Client {
    /// A client without connections.
    pub fn new() -> Self {
        Self::of(reqwest::Client::new())
    }

    /// A client that is special in some way.
    pub fn of(client: reqwest::Client) -> Self {
        Self(ClientBuilder::new(client).with(Checking).build())
    }
}

impl Deref for Client {
    type Target = ClientWithMiddleware;

    fn deref(&self) -> &ClientWithMiddleware {
        &self.0
    }
}

/// GET, on a connection of its own.
pub async fn get(url: &str) -> Result<Response> {
    Client::new().get(url).send().await
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
        *whole.headers_mut().expect("nothing is wrong with it") = headers.clone();
        Ok(whole.body(body.clone()).expect("it came like this").into())
    }
}
