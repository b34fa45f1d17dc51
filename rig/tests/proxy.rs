//! A link fails on demand.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use linger_rig::proxy::{Direction, Fault, Proxy, Scope};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

/// Longer than anything takes that is not held back.
const A_WHILE: Duration = Duration::from_millis(200);

/// Starts a server that echoes every byte.
async fn echo() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (mut from, mut to) = stream.split();
                let _ = tokio::io::copy(&mut from, &mut to).await;
            });
        }
    });
    address
}

async fn open(proxy: &Proxy, opening: &str) -> TcpStream {
    let mut stream = TcpStream::connect(("127.0.0.1", proxy.port())).await.unwrap();
    assert!(passes(&mut stream, opening).await);
    stream
}

/// Returns whether the text comes back within a while.
async fn passes(stream: &mut TcpStream, text: &str) -> bool {
    stream.write_all(text.as_bytes()).await.unwrap();
    timeout(A_WHILE, comes(stream, text)).await.is_ok()
}

async fn comes(stream: &mut TcpStream, text: &str) {
    let mut back = vec![0; text.len()];
    stream.read_exact(&mut back).await.unwrap();
    assert_eq!(back, text.as_bytes());
}

#[tokio::test]
async fn a_black_hole_holds_bytes_back_until_it_is_healed() {
    let proxy = Proxy::start(echo().await).await.unwrap();
    let mut stream = open(&proxy, "hello").await;
    proxy.fail(Scope::All, Fault::BlackHole);
    assert!(!passes(&mut stream, "one").await);
    let mut later = TcpStream::connect(("127.0.0.1", proxy.port())).await.expect("the link still accepts");
    assert!(!passes(&mut later, "two").await);
    proxy.heal(&Scope::All);
    timeout(A_WHILE, comes(&mut stream, "one")).await.expect("nothing is lost");
    timeout(A_WHILE, comes(&mut later, "two")).await.expect("nothing is lost");
}

#[tokio::test]
async fn a_fault_can_apply_only_to_connections_with_a_certain_opening() {
    let proxy = Proxy::start(echo().await).await.unwrap();
    let scope = Scope::Opening("listen".to_owned());
    let (mut listener, mut other) = (open(&proxy, "I will listen to you").await, open(&proxy, "I will not").await);
    assert_eq!((proxy.connections(&scope), proxy.connections(&Scope::All)), (1, 2));
    proxy.fail(scope.clone(), Fault::BlackHole);
    assert!(passes(&mut other, "one").await);
    assert!(!passes(&mut listener, "two").await);
    let mut later = TcpStream::connect(("127.0.0.1", proxy.port())).await.unwrap();
    assert!(passes(&mut later, "I wi").await, "its opening does not match yet");
    assert!(!passes(&mut later, "ll listen").await);
    proxy.cut(scope);
    assert!(later.read_u8().await.is_err() && listener.read_u8().await.is_err());
    assert!(passes(&mut other, "three").await);
}

#[tokio::test]
async fn one_direction_can_fail_alone() {
    let proxy = Proxy::start(echo().await).await.unwrap();
    let mut stream = open(&proxy, "hello").await;
    proxy.fail_one_way(&Scope::All, Direction::Down, Fault::BlackHole);
    assert!(!passes(&mut stream, "one").await);
    proxy.heal(&Scope::All);
    comes(&mut stream, "one").await;
}

#[tokio::test]
async fn a_delay_applies_in_both_directions() {
    let proxy = Proxy::start(echo().await).await.unwrap();
    let mut stream = open(&proxy, "hello").await;
    let (least, most) = (Duration::from_millis(30), Duration::from_millis(40));
    proxy.fail(Scope::All, Fault::Delay { least, most });
    let sent = Instant::now();
    assert!(passes(&mut stream, "one").await);
    assert!(sent.elapsed() >= 2 * least, "{:?}", sent.elapsed());
}

#[tokio::test]
async fn refusing_spares_open_connections_and_a_cut_resets_them() {
    let proxy = Proxy::start(echo().await).await.unwrap();
    let mut stream = open(&proxy, "hello").await;
    proxy.refuse(true);
    let begun = Instant::now();
    while TcpStream::connect(("127.0.0.1", proxy.port())).await.is_ok() {
        assert!(begun.elapsed() < Duration::from_secs(20));
        tokio::task::yield_now().await;
    }
    assert!(passes(&mut stream, "one").await, "open connections stay");
    proxy.cut(Scope::All);
    assert_eq!(stream.read_u8().await.unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);
    proxy.refuse(false);
    while TcpStream::connect(("127.0.0.1", proxy.port())).await.is_err() {
        assert!(begun.elapsed() < Duration::from_secs(20));
        tokio::task::yield_now().await;
    }
    open(&proxy, "again").await;
}
