//! PostgreSQL and a Redis Cluster of three, in temporary directories and on ports that nobody else uses.

use redis::{Client, cluster::ClusterClient, cmd};
use std::{
    env,
    error::Error,
    fs,
    net::{Ipv4Addr, TcpListener},
    os::unix::{
        fs::{MetadataExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{self, Child, Command, Output, Stdio},
    sync::{
        Mutex,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

pub type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// As if it had crashed.
    AtOnce,
    /// As an operator does, who tells clients that are connected.
    InOrder,
}

/// A server that can be taken away.
pub trait Server: Send + Sync {
    fn stop(&self, how: Stop) -> Result<()>;
    fn start(&self) -> Result<()>;
}

/// Stopped on drop.
pub struct Postgres {
    programs: PathBuf,
    folder: Folder,
}

/// Who the server runs as where this runs as root, which PostgreSQL refuses: nobody.
const NOBODY: u32 = 65534;

impl Postgres {
    /// Says why it cannot be started.
    pub fn new() -> Result<std::result::Result<Self, String>> {
        let Some(programs) = postgres_programs() else {
            return Ok(Err("PostgreSQL is not installed; on Debian: apt-get install postgresql".into()));
        };
        let postgres = Postgres { programs, folder: Folder::new()? };
        if is_root()? {
            chown(&postgres.folder.0, Some(NOBODY), Some(NOBODY))?;
        }
        postgres.run("initdb", &["--auth=trust", "--username=telseal", "--encoding=UTF8", "--locale=C"])?;
        postgres.start()?;
        recipes::postgres::Directory::create(&postgres.location().parse()?)?;
        Ok(Ok(postgres))
    }

    pub fn location(&self) -> String {
        format!("host={} user=telseal dbname=postgres", self.folder.0.display())
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Result<()> {
        let mut command = Command::new(self.programs.join(program));
        command.arg("--pgdata").arg(self.folder.0.join("data")).args(arguments).current_dir(&self.folder.0);
        if is_root()? {
            command.uid(NOBODY).gid(NOBODY);
        }
        // To a file: the server keeps what it is given open.
        let log = self.folder.0.join("log");
        let status = command.stdout(fs::File::create(&log)?).stderr(Stdio::null()).status()?;
        if status.success() { Ok(()) } else { Err(format!("{program}: {status}: {}", fs::read_to_string(log)?).into()) }
    }
}

impl Server for Postgres {
    fn stop(&self, how: Stop) -> Result<()> {
        let mode = match how {
            Stop::AtOnce => "--mode=immediate",
            Stop::InOrder => "--mode=fast",
        };
        self.run("pg_ctl", &["stop", mode, "--wait"])
    }

    fn start(&self) -> Result<()> {
        // No port at all: a socket in the temporary directory.
        let options = format!("-c listen_addresses='' -c unix_socket_directories='{}'", self.folder.0.display());
        self.run("pg_ctl", &["start", "--wait", "--options", &options])
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let _ = self.stop(Stop::AtOnce);
    }
}

/// Where the programs of the newest version are.
fn postgres_programs() -> Option<PathBuf> {
    let debian = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<(u32, PathBuf)> = debian
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .filter(|(_, programs)| programs.join("initdb").exists())
        .collect();
    found.sort();
    found.pop().map(|(_, programs)| programs).or_else(|| in_path("initdb"))
}

fn in_path(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).find(|folder| folder.join(program).exists())
}

fn is_root() -> Result<bool> {
    Ok(fs::metadata("/proc/self")?.uid() == 0)
}

/// Three servers that share the slots. Killed on drop.
pub struct RedisCluster {
    folder: Folder,
    /// Ports for clients and for each other.
    ports: [(u16, u16); 3],
    servers: Mutex<Vec<Child>>,
}

impl RedisCluster {
    /// Says why it cannot be started.
    pub fn new() -> Result<std::result::Result<Self, String>> {
        if in_path("redis-server").is_none() {
            return Ok(Err("Redis is not installed; on Debian: apt-get install redis-server".into()));
        }
        let version = text(Command::new("redis-server").arg("--version").output()?)?;
        if version.contains("v=6.") || version.contains("v=5.") {
            return Ok(Err(format!("Redis 7 or newer is needed, found {}", version.trim())));
        }
        // Held until all six are known, so that they differ.
        let listeners: Vec<TcpListener> =
            (0..6).map(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).collect::<std::io::Result<_>>()?;
        let mut ports = Vec::new();
        for listener in &listeners {
            ports.push(listener.local_addr()?.port());
        }
        drop(listeners);
        let ports = [(ports[0], ports[1]), (ports[2], ports[3]), (ports[4], ports[5])];
        let cluster = RedisCluster { folder: Folder::new()?, ports, servers: Mutex::default() };
        cluster.start()?;
        for (i, (port, _)) in ports.into_iter().enumerate() {
            let mut connection = client(port)?.get_connection()?;
            let (first, last) = (16384 * i / 3, 16384 * (i + 1) / 3 - 1);
            cmd("CLUSTER").arg("ADDSLOTSRANGE").arg(first).arg(last).exec(&mut connection)?;
            let (first_port, first_bus) = ports[0];
            cmd("CLUSTER").arg("MEET").arg("127.0.0.1").arg(first_port).arg(first_bus).exec(&mut connection)?;
        }
        cluster.wait_for_all()?;
        Ok(Ok(cluster))
    }

    pub fn location(&self) -> String {
        self.ports.map(|(port, _)| format!("redis://127.0.0.1:{port}")).join(",")
    }

    fn wait_for_all(&self) -> Result<()> {
        let start = Instant::now();
        while !self.ports.iter().all(|(port, _)| is_whole(*port).unwrap_or(false)) {
            if start.elapsed() > Duration::from_secs(60) {
                return Err("the Redis Cluster does not come up".into());
            }
            thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }
}

impl Server for RedisCluster {
    /// One of the three.
    fn stop(&self, how: Stop) -> Result<()> {
        let mut servers = self.servers.lock().map_err(|_| "a thread panicked")?;
        let mut last = servers.pop().ok_or("no server runs")?;
        match (how, self.ports.get(servers.len())) {
            // Its answer is that the connection is closed.
            (Stop::InOrder, Some((port, _))) => _ = redis::cmd("SHUTDOWN").exec(&mut client(*port)?.get_connection()?),
            _ => last.kill()?,
        }
        last.wait()?;
        Ok(())
    }

    fn start(&self) -> Result<()> {
        let mut servers = self.servers.lock().map_err(|_| "a thread panicked")?;
        let first = servers.is_empty();
        for (port, bus) in &self.ports[servers.len()..] {
            let folder = self.folder.0.join(port.to_string());
            fs::create_dir_all(&folder)?;
            servers.push(redis_server(*port, *bus, &folder)?);
        }
        drop(servers);
        let start = Instant::now();
        while !self.ports.iter().all(|(port, _)| client(*port).is_ok_and(|client| client.get_connection().is_ok())) {
            if start.elapsed() > Duration::from_secs(30) {
                return Err("redis-server does not answer".into());
            }
            thread::sleep(Duration::from_millis(20));
        }
        if first { Ok(()) } else { self.wait_for_all() }
    }
}

impl Drop for RedisCluster {
    fn drop(&mut self) {
        for server in self.servers.get_mut().into_iter().flatten() {
            let _ = server.kill();
            let _ = server.wait();
        }
    }
}

fn redis_server(port: u16, bus: u16, folder: &Path) -> Result<Child> {
    Ok(Command::new("redis-server")
        .args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--cluster-port", &bus.to_string()])
        .args(["--cluster-enabled", "yes", "--cluster-node-timeout", "2000", "--appendonly", "yes", "--save", ""])
        .current_dir(folder)
        .stdout(Stdio::null())
        .spawn()?)
}

fn client(port: u16) -> Result<Client> {
    Ok(Client::open(format!("redis://127.0.0.1:{port}"))?)
}

/// Whether a server sees all three and all slots.
fn is_whole(port: u16) -> Result<bool> {
    let info: String = cmd("CLUSTER").arg("INFO").query(&mut client(port)?.get_connection()?)?;
    Ok(["cluster_state:ok", "cluster_slots_ok:16384", "cluster_known_nodes:3"].iter().all(|line| info.contains(line)))
}

/// The server, or `None` where it is not installed. With `TELSEAL_ALL_STORES` set that is a failure.
#[allow(dead_code, reason = "the test of rotation counts what it skips")]
pub fn installed<T>(server: std::result::Result<T, String>) -> Option<T> {
    if let Err(why) = &server {
        assert!(env::var_os("TELSEAL_ALL_STORES").is_none(), "{why}");
        println!("skipped: {why}");
    }
    server.ok()
}

/// A client of all servers that are given, separated by commas.
pub fn cluster_client(location: &str) -> Result<ClusterClient> {
    Ok(ClusterClient::builder(location.split(',')).retries(3).build()?)
}

fn text(output: Output) -> Result<String> {
    Ok(String::from_utf8(output.stdout)?)
}

/// A temporary directory, removed on drop.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new() -> Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("telseal-recipes-{}-{}", process::id(), NEXT.fetch_add(1, Relaxed));
        let folder = Folder(env::temp_dir().join(name));
        fs::create_dir(&folder.0)?;
        Ok(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
