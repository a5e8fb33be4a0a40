//! `tattletale capture`: a live recording through our own proxy, in the open and until it is ended.

pub(crate) mod arguments;
mod browser;
mod leaks;
mod show;
mod told;

use crate::Outcome;
use crate::convert::{ConvertArgs, Target};
use crate::failure::Failure;
use crate::input;
use arguments::{CaptureArgs, ModeName};
use show::Show;
use std::fs::OpenOptions;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};
use tattletale_core::model::Timestamp;
use tattletale_proxy::{Authority, KeyLogFile, Mode, Options, Policy, Proxy, Recording, Trust};
use tattletale_report::render::escape;
use told::Reporter;

/// Events that may wait to be shown; who records waits when more come.
const WAITING: usize = 4096;
/// How often a terminal is drawn anew, and leaks are looked for.
const BEAT: Duration = Duration::from_millis(500);

pub(crate) fn run(args: &CaptureArgs) -> Result<Outcome, Failure> {
    let folder = args.project.join("authority");
    if args.forget {
        let found = tattletale_proxy::forget(&folder).map_err(Failure::proxy)?;
        show::forgotten(found, &folder, &mut io::stdout().lock())?;
        return Ok(Outcome::NothingFound);
    }
    let truth = args.truth.as_deref().map(input::ground_truth).transpose()?;
    private_folder(&args.project)?;
    private_folder(&folder)?;
    let (authority, made) = Authority::open(&folder).map_err(Failure::proxy)?;
    let authority = Arc::new(authority);
    let path = args.out.clone().unwrap_or_else(|| args.project.join(name_by_time()));
    let (events, told) = sync_channel(WAITING);
    let mut options = options(args, Arc::clone(&authority))?;
    options.recording = Some(recording(&path)?);
    options.folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned();
    options.watch = Box::new(Reporter::new(events, truth.is_some()));

    let (ended, ends) = std::sync::mpsc::channel();
    // Before anything is recorded: a recording that cannot be ended in order must not begin.
    ctrlc::set_handler(move || _ = ended.send(())).map_err(Failure::proxy)?;
    raise_open_files();
    let proxy = Proxy::start(options).map_err(Failure::proxy)?;
    let mut show = Show::new(args, truth.map(leaks::Leaks::new), &path);
    show.beginning(&proxy, &authority, made)?;
    let mut browser = match args.browser {
        Some(browser) => Some(browser::start(browser, args, proxy.address(), &authority)?),
        None => None,
    };

    let mut drawn = Instant::now();
    let failure = loop {
        match told.recv_timeout(BEAT.saturating_sub(drawn.elapsed())) {
            Ok(event) => show.event(event)?,
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {}
        }
        if drawn.elapsed() >= BEAT {
            show.beat()?;
            drawn = Instant::now();
            if let Some(failure) = proxy.failure() {
                break Some(failure);
            }
            if ends.try_recv().is_ok() || browser.as_mut().is_some_and(browser::Browser::is_gone) {
                break None;
            }
        }
    };
    drop(browser);
    // Whoever writes may wait for us to see; so somebody must.
    let ending = std::thread::spawn(move || proxy.end());
    while let Ok(event) = told.recv() {
        show.event(event)?;
    }
    let outcome = ending.join().map_err(|_| Failure::proxy(io::Error::other("the proxy failed while it ended")))?;
    let failure = failure.or(outcome.failure);
    let leaked = show.end(&outcome.recorded, failure.as_deref())?;
    if let Some(har) = &args.har {
        write_har(&path, har)?;
    }
    Ok(match (failure, leaked) {
        (Some(_), _) => Outcome::Incomplete,
        (None, true) => Outcome::Found,
        (None, false) => Outcome::NothingFound,
    })
}

/// The proxy as the arguments describe it, without the recording.
fn options(args: &CaptureArgs, authority: Arc<Authority>) -> Result<Options, Failure> {
    let servers = &args.servers;
    let names = |hosts: &[String]| hosts.iter().map(|host| host.to_ascii_lowercase()).collect();
    let mut options = Options::new(authority);
    options.listen = args.listen;
    options.mode = match (&args.reverse, args.mode) {
        (Some(origin), _) => Mode::Reverse(Arc::new(origin.clone())),
        (None, ModeName::Proxy) => Mode::Proxy,
        (None, ModeName::Transparent) => Mode::Transparent,
    };
    options.policy = Policy::Public { local: servers.allow_local, allowed: names(&servers.allow) };
    let mut also = Vec::new();
    for path in &servers.upstream_ca {
        also.extend(tattletale_proxy::certificates(&input::text(path)?).map_err(Failure::file(path))?);
    }
    options.trust = Trust { also, only: false, insecure: names(&servers.insecure_upstream) };
    options.upstream = servers.upstream.clone();
    options.excluded = names(&servers.pass);
    options.pass_after = servers.pass_after;
    options.page = Some(servers.page_address);
    if let Some(path) = &args.keylog {
        options.key_log = Some(Arc::new(KeyLogFile::open(path).map_err(Failure::file(path))?));
    }
    Ok(options)
}

/// The recording as HAR, which has no place for all of it: what it has not is said on standard error.
fn write_har(recording: &Path, har: &Path) -> Result<(), Failure> {
    let packets = crate::cli::PacketArgs { keylog: None };
    let files = vec![recording.to_owned()];
    let convert = ConvertArgs { files, out: har.to_owned(), to: Some(Target::Har), packets };
    crate::convert::run(&convert).map(|_| ())
}

/// Makes the recording, for its owner only. One that is there stays as it is: evidence is not added to afterwards.
fn recording(path: &Path) -> Result<Recording, Failure> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => Failure::Exists { path: path.to_owned() },
        _ => Failure::file(path)(error),
    })?;
    let description =
        "live capture; HTTP/1 messages are the plaintext bytes as they passed, HTTP/2 in the form of HTTP/1.1";
    Ok(Recording { file, begin: true, description: description.to_owned() })
}

fn private_folder(path: &Path) -> Result<(), Failure> {
    let mut folder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut folder, 0o700);
    folder.recursive(true).create(path).map_err(Failure::file(path))
}

fn name_by_time() -> PathBuf {
    format!("{}.warc.gz", Timestamp::now().strftime("%Y-%m-%dT%H-%M-%SZ")).into()
}

/// Two thousand connections are four thousand descriptors; most systems allow them to whoever asks.
fn raise_open_files() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
        let wanted = maximum.map_or(65_536, |maximum| maximum.min(65_536));
        if current.is_some_and(|current| current < wanted) {
            // Fewer connections at once is all that follows if this is refused.
            let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum });
        }
    }
}

/// Whether somebody looks at a screen that can be drawn anew.
fn is_drawn(args: &CaptureArgs) -> bool {
    args.format == crate::cli::Format::Text && io::stdout().is_terminal()
}

/// A line for the person, with what the party under test wrote made harmless.
fn line(out: &mut impl Write, text: &str) -> io::Result<()> {
    writeln!(out, "{}", escape::text(text))
}
