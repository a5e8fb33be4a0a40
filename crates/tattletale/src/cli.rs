//! Arguments and help.

pub(crate) use crate::app::args::AppArgs;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::net::SocketAddr;
use std::path::PathBuf;

/// Shows what a phone, a browser or an app tells about its user: to whom, and in which disguise.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100, after_help = EXIT_CODES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

pub(crate) const EXIT_CODES: &str =
    "Exit codes: 0 nothing found, 1 something was found, 2 not everything could be processed.";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Demo(DemoArgs),
    /// The reported telemetry system as a specimen, on this machine only and with made-up people
    Lab {
        #[command(subcommand)]
        command: LabCommand,
    },
    Capture(crate::capture::arguments::CaptureArgs),
    Audit(AuditArgs),
    App(AppArgs),
    /// Tables that say who runs a server and where, of your own: for every audit from then on
    Data {
        #[command(subcommand)]
        command: DataCommand,
    },
    Study(StudyArgs),
    Show(ShowArgs),
    Convert(crate::convert::ConvertArgs),
    Decode(DecodeArgs),
    Layers(LayersArgs),
}

/// The whole story in one command: a made-up person lives a day, and the audit tells what left the phone.
///
/// Nothing leaves this machine. The day is recorded, audited, and the audit held against what was truly sent.
#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// Person, phone and day follow from this number
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// How the telemetry behaves: reported, updated, sealed, claimed, respectful
    #[arg(long)]
    pub(crate) variant: Option<String>,
    /// Phone, for example redmi-note-8 (see `lab list`)
    #[arg(long)]
    pub(crate) device: Option<String>,
    /// Browser, for example mint-browser
    #[arg(long)]
    pub(crate) browser: Option<String>,
    /// Folder for recording, ground truth and report
    #[arg(long, default_value = "tattletale-demo", value_name = "FOLDER")]
    pub(crate) out: PathBuf,
    /// Show planted values and addresses in the page too, instead of masks
    #[arg(long)]
    pub(crate) reveal: bool,
    /// Colours
    #[arg(long, value_enum, default_value_t = Colour::Auto, alias = "color")]
    pub(crate) colour: Colour,
}

#[derive(Debug, Subcommand)]
pub(crate) enum LabCommand {
    /// Starts the collectors and leaves them up, with a control page
    Up(UpArgs),
    /// Lives one scenario by its name and audits it, as `demo` does
    Run {
        /// Name of the scenario (see `lab list`)
        scenario: String,
        #[command(flatten)]
        demo: DemoArgs,
    },
    /// Lives every device, browser, version, mode and switch, and prints recall and precision of each audit
    Matrix(MatrixArgs),
    /// Lives days of every variant and prints what is recognised by repetition, against what was truly sent
    Repetition(RepetitionArgs),
    /// Lives every scenario and the matrix, and holds the verdict on each claim against the one that the truth implies
    Claims(MatrixArgs),
    /// What there is
    List,
}

#[derive(Debug, Args)]
pub(crate) struct RepetitionArgs {
    /// People per scenario, each with an own phone
    #[arg(long, default_value_t = 5)]
    pub(crate) people: u64,
    /// Days of each that are pooled
    #[arg(long, default_value_t = 1)]
    pub(crate) days: u32,
    /// Format on standard output
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct UpArgs {
    /// Keep what was stored
    #[arg(long)]
    pub(crate) keep: bool,
    /// Folder to store in, instead of a temporary one
    #[arg(long, value_name = "FOLDER")]
    pub(crate) store: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct MatrixArgs {
    /// Person, phone and day follow from this number
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Only every so many scenarios
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub(crate) every: usize,
    /// Format on standard output
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

/// Reads captures, unfolds all that was sent, and says who was told what.
///
/// Without --truth, the pages that were visited and what was typed into them are read off the capture, and the
/// report says who else learnt of them.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct AuditArgs {
    /// Captures: HAR, WARC, mitmproxy flows, Burp XML, pcap or pcapng; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Ground truth: planted values and what the user did, as TOML
    #[arg(long, value_name = "FILE")]
    pub(crate) truth: Option<PathBuf>,
    /// A capture of the same without the planted values: what is seen in it too is there by chance, and never a finding
    #[arg(long, value_name = "FILE")]
    pub(crate) control: Vec<PathBuf>,
    /// Format on standard output
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// Only the answer, on one screen
    #[arg(long)]
    pub(crate) brief: bool,
    /// Write the report as one self-contained web page as well
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
    /// Show planted values and addresses in written reports too, instead of masks
    #[arg(long)]
    pub(crate) reveal: bool,
    /// Look at what came back as well
    #[arg(long)]
    pub(crate) responses: bool,
    #[command(flatten)]
    pub(crate) packets: PacketArgs,
    #[command(flatten)]
    pub(crate) unfolding: UnfoldingArgs,
    #[command(flatten)]
    pub(crate) operators: OperatorArgs,
    /// Colours
    #[arg(long, value_enum, default_value_t = Colour::Auto, alias = "color")]
    pub(crate) colour: Colour,
}

/// Where to learn who runs a receiver. Nothing is asked of anybody without --online.
#[derive(Debug, Args)]
#[command(next_help_heading = "Who runs the servers")]
pub(crate) struct OperatorArgs {
    #[command(flatten)]
    pub(crate) folder: DataFolder,
    /// Ask registries (RDAP), and with --resolver DNS, who runs those that learnt something. They learn their names
    #[arg(long)]
    pub(crate) online: bool,
    /// RDAP server, over https unless it is on this machine
    #[arg(long, value_name = "URL", requires = "online", default_value = "https://rdap.org")]
    pub(crate) rdap: String,
    /// DNS resolver to ask for addresses and aliases
    #[arg(long, value_name = "ADDRESS[:PORT]", requires = "online", value_parser = resolver)]
    pub(crate) resolver: Option<SocketAddr>,
    /// What registries and DNS answered, one answer a line; read if it is there, and with --online written. Beside
    /// the report if not given
    #[arg(long, value_name = "FILE")]
    pub(crate) evidence: Option<PathBuf>,
}

/// Where the user's tables are.
#[derive(Debug, Args)]
pub(crate) struct DataFolder {
    /// Folder with your tables (see `tattletale data`), instead of the one in your home
    #[arg(long = "data", value_name = "FOLDER")]
    pub(crate) path: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DataCommand {
    /// Takes in files: any .mmdb, Ghostery TrackerDB, Disconnect, EasyPrivacy
    Add {
        /// The files; one of a name that is there already takes its place
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        #[command(flatten)]
        folder: DataFolder,
    },
    /// What there is
    List {
        /// Format on standard output
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
        #[command(flatten)]
        folder: DataFolder,
    },
    /// Deletes tables
    Remove {
        /// Names, as `data list` shows them
        #[arg(required = true, value_name = "NAME")]
        names: Vec<String>,
        #[command(flatten)]
        folder: DataFolder,
    },
}

/// An address, with port 53 where none is given.
fn resolver(text: &str) -> Result<SocketAddr, String> {
    let alone = || text.parse().map(|address| SocketAddr::new(address, 53));
    text.parse().or_else(|_| alone()).map_err(|_| "is no address such as 192.0.2.1 or 192.0.2.1:53".to_owned())
}

/// Audits several recordings beside each other and says what follows: what each receiver knows about you.
///
/// `study init FOLDER` writes a commented study.toml for the captures in a folder. One recording is a study too.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true, after_help = EXIT_CODES)]
pub(crate) struct StudyArgs {
    #[command(subcommand)]
    pub(crate) command: Option<StudyCommand>,
    /// The study: what was recorded, as TOML
    #[arg(required = true, value_name = "STUDY.toml")]
    pub(crate) file: Option<PathBuf>,
    /// Format on standard output
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// Only the answers, on one screen
    #[arg(long)]
    pub(crate) brief: bool,
    /// Write the study as one self-contained web page as well
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
    /// Show planted values and addresses in written reports too, instead of masks
    #[arg(long)]
    pub(crate) reveal: bool,
    /// Look at what came back as well
    #[arg(long)]
    pub(crate) responses: bool,
    #[command(flatten)]
    pub(crate) packets: PacketArgs,
    #[command(flatten)]
    pub(crate) operators: OperatorArgs,
    #[command(flatten)]
    pub(crate) unfolding: UnfoldingArgs,
    /// Colours
    #[arg(long, value_enum, default_value_t = Colour::Auto, alias = "color")]
    pub(crate) colour: Colour,
}

#[derive(Debug, Subcommand)]
pub(crate) enum StudyCommand {
    /// Writes a commented study and ground truth into a folder
    Init {
        /// Folder; the captures in it become the sessions
        #[arg(value_name = "FOLDER")]
        folder: PathBuf,
    },
}

/// Prints one exchange with every part peeled step by step and the known values marked.
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// The capture
    #[arg(value_name = "CAPTURE")]
    pub(crate) file: PathBuf,
    /// Position of the exchange in the capture, from 0
    #[arg(long, short, value_name = "N", required_unless_present = "unseen")]
    pub(crate) exchange: Option<usize>,
    /// Position of a connection that could not be seen, from 0 among those: what is known of it, and its name peeled
    #[arg(long, value_name = "N", conflicts_with_all = ["exchange", "responses"])]
    pub(crate) unseen: Option<usize>,
    /// Ground truth with the values to mark
    #[arg(long, value_name = "FILE")]
    pub(crate) truth: Option<PathBuf>,
    /// Show what came back as well
    #[arg(long)]
    pub(crate) responses: bool,
    /// Show values in full, however long
    #[arg(long)]
    pub(crate) full: bool,
    #[command(flatten)]
    pub(crate) packets: PacketArgs,
    #[command(flatten)]
    pub(crate) unfolding: UnfoldingArgs,
    /// Colours
    #[arg(long, value_enum, default_value_t = Colour::Auto, alias = "color")]
    pub(crate) colour: Colour,
}

/// Unfolds one blob (a file or standard input) and prints the tree of its layers.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct DecodeArgs {
    /// File to read; standard input when absent or `-`
    #[arg(value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// Mark where this value lies, in any letter case or as an unsalted digest; may be given several times
    #[arg(long, value_name = "VALUE")]
    pub(crate) find: Vec<String>,
    /// Format on standard output
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// Show values in full, however long
    #[arg(long)]
    pub(crate) full: bool,
    #[command(flatten)]
    pub(crate) unfolding: UnfoldingArgs,
    /// Colours
    #[arg(long, value_enum, default_value_t = Colour::Auto, alias = "color")]
    pub(crate) colour: Colour,
}

/// Lists the encodings that are opened, each with an example.
#[derive(Debug, Args)]
pub(crate) struct LayersArgs {
    /// Format on standard output
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

/// What packet captures need.
#[derive(Debug, Args)]
pub(crate) struct PacketArgs {
    /// Secrets of TLS connections (SSLKEYLOGFILE), for packet captures that do not hold them
    #[arg(long, value_name = "FILE")]
    pub(crate) keylog: Option<PathBuf>,
}

/// How far to go in unfolding.
#[derive(Debug, Args)]
pub(crate) struct UnfoldingArgs {
    /// Keys for what is encrypted, as TOML: [[key]] with name, kind (aes, chacha20, rsa-private, ec-private) and key
    #[arg(long, value_name = "FILE")]
    pub(crate) keys: Option<PathBuf>,
    /// Try rare and costly disguises as well (see `layers`), and keys that the capture shows
    #[arg(long)]
    pub(crate) deep: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For a person
    Text,
    /// For a machine
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Colour {
    /// When standard output is a terminal and NO_COLOR is not set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl Colour {
    /// Whether to colour what goes to standard output.
    pub(crate) fn wanted(self) -> bool {
        match self {
            Self::Auto => anstream::AutoStream::choice(&std::io::stdout()) != anstream::ColorChoice::Never,
            Self::Always => true,
            Self::Never => false,
        }
    }
}

/// Columns of the terminal; 100 where there is none.
pub(crate) fn width() -> usize {
    terminal_size::terminal_size().map_or(100, |(width, _)| usize::from(width.0).max(40))
}
