//! A proxy in front of PostgreSQL that knows where messages begin and cuts a connection at the COMMIT of a write.
//! It must never change a byte that it passes on.

use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_postgres::config::{Config, Host};

/// What happens to the next COMMIT that passes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cut {
    /// It never reaches the database: both ends are closed. The transaction aborts.
    BeforeForward,
    /// The database commits, then the client's end is closed: the reply is lost.
    AfterForward,
    /// The client's end is closed at once, while the COMMIT reaches the database only a moment later: for that moment
    /// the old transaction is still open and will commit.
    Late,
    /// Nothing passes any more in either direction, and nothing is closed: the COMMIT never arrives.
    HalfOpen,
    /// The COMMIT arrives, and from then on nothing passes any more and nothing is closed.
    HalfOpenCommitted,
    /// No cut: the COMMIT waits until [`Proxy::release`], then everything goes on.
    Hold,
}

impl Cut {
    /// Every kind that cuts.
    pub const ALL: [Cut; 5] = [
        Cut::BeforeForward,
        Cut::AfterForward,
        Cut::Late,
        Cut::HalfOpen,
        Cut::HalfOpenCommitted,
    ];
}

#[derive(Default)]
struct Shared {
    armed: Mutex<Option<Cut>>,
    commits: AtomicUsize,
    cuts: AtomicUsize,
    silent: AtomicBool,
    release: Notify,
}

/// A listening proxy; it ends with everything it holds when dropped.
pub struct Proxy {
    url: String,
    shared: Arc<Shared>,
    listener: JoinHandle<()>,
}

enum Server {
    Unix(PathBuf),
    Tcp(String, u16),
}

impl Proxy {
    /// Listens on a free port in front of the server that `url` names.
    pub async fn start(url: &str) -> Proxy {
        let config: Config = url.parse().expect("a readable connection string");
        let port = config.get_ports().first().copied().unwrap_or(5432);
        let server = match config.get_hosts().first().expect("a host") {
            Host::Unix(folder) => Server::Unix(folder.join(format!(".s.PGSQL.{port}"))),
            Host::Tcp(name) => Server::Tcp(name.clone(), port),
        };
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let mut own = format!(
            "host=127.0.0.1 port={} user={} dbname={}",
            listener.local_addr().unwrap().port(),
            config.get_user().expect("a user"),
            config.get_dbname().expect("a database"),
        );
        if let Some(password) = config.get_password() {
            own.push_str(&format!(" password='{}'", String::from_utf8_lossy(password)));
        }
        let shared = Arc::new(Shared::default());
        let listener = tokio::spawn(accept(listener, server, Arc::clone(&shared)));
        Proxy {
            url: own,
            shared,
            listener,
        }
    }

    /// A connection string that leads through the proxy.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Cuts at the next COMMIT, on whichever connection it passes.
    pub fn arm(&self, cut: Cut) {
        *self.shared.armed.lock().unwrap() = Some(cut);
    }

    /// Whether a cut still waits for its COMMIT.
    pub fn is_armed(&self) -> bool {
        self.shared.armed.lock().unwrap().is_some()
    }

    /// COMMITs seen so far.
    pub fn commits(&self) -> usize {
        self.shared.commits.load(Ordering::SeqCst)
    }

    /// Cuts made so far.
    pub fn cuts(&self) -> usize {
        self.shared.cuts.load(Ordering::SeqCst)
    }

    /// Lets the held COMMIT go on, or the next one that is held.
    pub fn release(&self) {
        self.shared.release.notify_one();
    }

    /// A black hole: new connections are accepted and nothing ever answers.
    pub fn silence(&self, silent: bool) {
        self.shared.silent.store(silent, Ordering::SeqCst);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

async fn accept(listener: TcpListener, server: Server, shared: Arc<Shared>) {
    // Aborted with the listener, because the set is dropped with this task.
    let mut sessions = tokio::task::JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        client.set_nodelay(true).unwrap();
        let shared = Arc::clone(&shared);
        if shared.silent.load(Ordering::SeqCst) {
            sessions.spawn(async move {
                let _held = client;
                std::future::pending::<()>().await;
            });
            continue;
        }
        // A server that is down looks to the client like one that closes at once.
        let server: Box<dyn Stream> = match &server {
            Server::Unix(path) => match UnixStream::connect(path).await {
                Ok(stream) => Box::new(stream),
                Err(_) => continue,
            },
            Server::Tcp(host, port) => match TcpStream::connect((host.as_str(), *port)).await {
                Ok(stream) => Box::new(stream),
                Err(_) => continue,
            },
        };
        sessions.spawn(async move {
            let _ = session(client, server, &shared).await;
        });
    }
}

/// Passes messages on until an end closes or a cut is made.
async fn session(client: TcpStream, server: Box<dyn Stream>, shared: &Shared) -> io::Result<()> {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = tokio::io::split(server);
    let forward = requests(&mut from_client, &mut to_server, shared);
    let back = tokio::io::copy(&mut from_server, &mut to_client);
    let cut = tokio::select! {
        cut = forward => cut?,
        ended = back => { ended?; None }
    };
    let Some((cut, commit)) = cut else { return Ok(()) };
    shared.cuts.fetch_add(1, Ordering::SeqCst);
    match cut {
        Cut::BeforeForward => {}
        Cut::AfterForward => {
            to_server.write_all(&commit).await?;
            until_idle(&mut from_server).await?;
        }
        Cut::Late => {
            drop((from_client, to_client));
            tokio::time::sleep(Duration::from_millis(120)).await;
            to_server.write_all(&commit).await?;
            until_idle(&mut from_server).await?;
        }
        Cut::HalfOpen | Cut::Hold => std::future::pending().await,
        Cut::HalfOpenCommitted => {
            to_server.write_all(&commit).await?;
            std::future::pending().await
        }
    }
    Ok(())
}

/// Passes on what the client says, message by message, until it leaves or says an armed COMMIT.
async fn requests(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    shared: &Shared,
) -> io::Result<Option<(Cut, Vec<u8>)>> {
    // The first message has no type byte.
    let mut message = read_length(from, Vec::new()).await?;
    to.write_all(&message).await?;
    loop {
        let mut kind = [0_u8; 1];
        if from.read(&mut kind).await? == 0 {
            return Ok(None);
        }
        message = read_length(from, kind.to_vec()).await?;
        if kind == *b"Q" && message[5..].eq_ignore_ascii_case(b"commit\0") {
            shared.commits.fetch_add(1, Ordering::SeqCst);
            let armed = shared.armed.lock().unwrap().take();
            match armed {
                None => {}
                Some(Cut::Hold) => shared.release.notified().await,
                Some(cut) => return Ok(Some((cut, message))),
            }
        }
        to.write_all(&message).await?;
        to.flush().await?;
    }
}

/// Reads the rest of a message: four bytes of length that count themselves, then the body.
async fn read_length(from: &mut (impl AsyncRead + Unpin), mut message: Vec<u8>) -> io::Result<Vec<u8>> {
    let length = from.read_u32().await?;
    message.extend_from_slice(&length.to_be_bytes());
    let head = message.len();
    message.resize(head + length as usize - 4, 0);
    from.read_exact(&mut message[head..]).await?;
    Ok(message)
}

/// Reads replies until the server is ready outside a transaction, so that the commit has been made.
async fn until_idle(from: &mut (impl AsyncRead + Unpin)) -> io::Result<()> {
    let mut all = Vec::new();
    let mut part = [0_u8; 4096];
    // The cut may fall inside a reply, so frames cannot be told apart; this one is long enough to be unmistakable.
    while !all.ends_with(b"Z\0\0\0\x05I") {
        let read = from.read(&mut part).await?;
        if read == 0 {
            return Ok(());
        }
        all.extend_from_slice(&part[..read]);
    }
    Ok(())
}
