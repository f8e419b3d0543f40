//! A load generator: many keep-alive connections, each sending its next request when the answer to the last has come.
//! It must never count an answer that was not read to its end.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::stat::Stretch;

/// Makes the request number `n`; called once for each number, in no particular order. None when there are no more.
pub type Make = Arc<dyn Fn(u64) -> Option<Vec<u8>> + Send + Sync>;

/// The bytes of a POST.
pub fn post(path: &str, key: &str, kind: &str, body: &str) -> Vec<u8> {
    format!(
        "POST {path} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {key}\r\ncontent-type: {kind}\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// The bytes of a GET.
pub fn get(path: &str, key: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {key}\r\n\r\n").into_bytes()
}

/// Sends requests over `connections` connections, spread over the servers, until the time is over or there are no more.
pub async fn run(servers: &[SocketAddr], connections: usize, time: Duration, make: Make) -> io::Result<Stretch> {
    let next = Arc::new(AtomicU64::new(0));
    let begun = Instant::now();
    let mut workers = JoinSet::new();
    for (_, server) in (0..connections).zip(servers.iter().cycle()) {
        workers.spawn(connection(*server, begun + time, Arc::clone(&next), Arc::clone(&make)));
    }
    let mut all = Stretch::default();
    while let Some(worker) = workers.join_next().await {
        all.join(worker.map_err(io::Error::other)??);
    }
    all.took = begun.elapsed();
    Ok(all)
}

async fn connection(server: SocketAddr, until: Instant, next: Arc<AtomicU64>, make: Make) -> io::Result<Stretch> {
    let mut caller = Caller::connect(server).await?;
    let mut stretch = Stretch::default();
    while Instant::now() < until {
        let Some(request) = make(next.fetch_add(1, Ordering::Relaxed)) else {
            break;
        };
        let begun = Instant::now();
        let answer = caller.call(&request).await?;
        let micros = u32::try_from(begun.elapsed().as_micros()).unwrap_or(u32::MAX);
        stretch.micros.push(micros);
        if answer.closes {
            caller = Caller::connect(server).await?;
        }
        if (200..300).contains(&answer.status) {
            stretch.done += 1;
        } else {
            stretch.failed += 1;
            let said = || format!("{}: {}", answer.status, String::from_utf8_lossy(&answer.body));
            stretch.failure.get_or_insert_with(said);
        }
    }
    Ok(stretch)
}

/// One answer.
#[derive(Debug)]
pub struct Answered {
    /// HTTP status.
    pub status: u16,
    /// Body as it came; chunk marks included where it was chunked.
    pub body: Vec<u8>,
    /// The server takes no further request on this connection: it began to answer before the request had ended.
    pub closes: bool,
}

/// One keep-alive connection.
pub struct Caller {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Caller {
    /// Connects.
    pub async fn connect(server: SocketAddr) -> io::Result<Caller> {
        let stream = TcpStream::connect(server).await?;
        stream.set_nodelay(true)?;
        let buffer = Vec::with_capacity(8 << 10);
        Ok(Caller { stream, buffer })
    }

    /// Sends a request and reads its answer to the end, both at once: a streamed answer begins before the request has ended,
    /// and a refusal may come instead of its end.
    pub async fn call(&mut self, request: &[u8]) -> io::Result<Answered> {
        let (mut from, mut to) = self.stream.split();
        self.buffer.clear();
        let (sent, read) = tokio::join!(to.write_all(request), read(&mut from, &mut self.buffer));
        let answer = match (sent, read) {
            (_, Ok(answer)) => answer,
            (Err(error), Err(_)) | (Ok(()), Err(error)) => return Err(error),
        };
        Ok(answer)
    }
}

/// Reads one answer to its end.
async fn read(from: &mut (impl AsyncReadExt + Unpin), buffer: &mut Vec<u8>) -> io::Result<Answered> {
    let begins = loop {
        if let Some(end) = find(buffer, b"\r\n\r\n") {
            break end + 4;
        }
        fill(from, buffer).await?;
    };
    let head = head(buffer, begins)?;
    match head.length {
        Some(length) => {
            while buffer.len() < begins + length {
                fill(from, buffer).await?;
            }
        }
        None => {
            while !buffer.ends_with(b"0\r\n\r\n") {
                fill(from, buffer).await?;
            }
        }
    }
    let body = buffer.get(begins..).unwrap_or_default().to_vec();
    Ok(Answered {
        status: head.status,
        body,
        closes: head.closes,
    })
}

async fn fill(from: &mut (impl AsyncReadExt + Unpin), buffer: &mut Vec<u8>) -> io::Result<()> {
    match from.read_buf(buffer).await? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(()),
    }
}

struct Head {
    status: u16,
    /// Of the body; none when it is chunked.
    length: Option<usize>,
    closes: bool,
}

fn head(buffer: &[u8], end: usize) -> io::Result<Head> {
    let wrong = || io::Error::new(io::ErrorKind::InvalidData, "not an HTTP answer");
    let head = buffer.get(..end).ok_or_else(wrong)?;
    let head = std::str::from_utf8(head).map_err(|_| wrong())?;
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1));
    let mut head = Head {
        status: status.and_then(|status| status.parse().ok()).ok_or_else(wrong)?,
        length: Some(0),
        closes: false,
    };
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        if name.eq_ignore_ascii_case("content-length") {
            head.length = Some(value.trim().parse().map_err(|_| wrong())?);
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            head.length = None;
        } else if name.eq_ignore_ascii_case("connection") {
            head.closes = value.trim().eq_ignore_ascii_case("close");
        }
    }
    Ok(head)
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[actix_web::test]
    async fn every_answer_is_read_to_its_end_whether_sized_or_chunked() {
        use actix_web::{App, HttpResponse, HttpServer, web};
        let chunked = || async {
            let parts = ["one\n", "two\n"].map(|part| Ok::<_, io::Error>(web::Bytes::from(part)));
            HttpResponse::Accepted().streaming(futures_util::stream::iter(parts))
        };
        let server = HttpServer::new(move || {
            let echo = |body: web::Bytes| async move { HttpResponse::Ok().body(body) };
            App::new()
                .route("/sized", web::post().to(echo))
                .route("/chunked", web::get().to(chunked))
        });
        let server = server.workers(1).disable_signals().bind("127.0.0.1:0").unwrap();
        let addr = server.addrs()[0];
        let server = server.run();
        let handle = server.handle();
        tokio::spawn(server);
        let mut caller = Caller::connect(addr).await.unwrap();
        let sized = caller.call(&post("/sized", "k", "text/plain", "hello")).await.unwrap();
        assert_eq!((sized.status, sized.body.as_slice()), (200, b"hello".as_slice()));
        let chunked = caller.call(&get("/chunked", "k")).await.unwrap();
        assert_eq!(chunked.status, 202);
        assert!(find(&chunked.body, b"two\n").is_some());
        let make: Make = Arc::new(|n| (n < 40).then(|| post("/sized", "k", "text/plain", "hello")));
        let all = run(&[addr], 4, Duration::from_secs(30), make).await.unwrap();
        assert_eq!((all.done, all.failed, all.micros.len()), (40, 0, 40));
        handle.stop(false).await;
    }
}
