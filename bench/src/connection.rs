//! A keep-alive connection with just enough HTTP/1.1 not to influence the measurement. While it waits, it uses no
//! memory but the socket's.

use anyhow::{Context, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A connection for one request at a time.
pub(crate) struct Connection {
    stream: TcpStream,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The body, with the length given by `Content-Length`.
    pub(crate) body: Vec<u8>,
}

impl Connection {
    /// Connects to a port on this machine.
    pub(crate) async fn open(port: u16) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream })
    }

    /// Writes a request and reads its answer.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> anyhow::Result<Answer> {
        self.ask(request).await?;
        self.answer().await
    }

    /// Writes a request.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> anyhow::Result<()> {
        Ok(self.stream.write_all(request).await?)
    }

    /// Reads an answer.
    pub(crate) async fn answer(&mut self) -> anyhow::Result<Answer> {
        self.stream.readable().await?;
        let mut buffer = Vec::with_capacity(2048);
        let head = loop {
            if let Some(at) = buffer.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                break at + 4;
            }
            self.read(&mut buffer).await?;
        };
        let text = std::str::from_utf8(&buffer[..head])?;
        let status = text.get(9..12).context("an answer has no status")?.parse()?;
        let length = text
            .lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
            .map_or(Ok(0), |(_, length)| length.trim().parse::<usize>())?;
        while buffer.len() < head + length {
            self.read(&mut buffer).await?;
        }
        Ok(Answer { status, body: buffer[head..head + length].to_vec() })
    }

    async fn read(&mut self, buffer: &mut Vec<u8>) -> anyhow::Result<()> {
        if self.stream.read_buf(buffer).await? == 0 {
            bail!("the server closed the connection");
        }
        Ok(())
    }
}
