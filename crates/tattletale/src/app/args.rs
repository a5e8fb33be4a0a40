//! Arguments of `tattletale app`.

use crate::cli::{Colour, DataFolder, EXIT_CODES, Format};
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// Looks into an app or a firmware image: trackers, servers, keys, identifiers; and whether code is the same.
///
/// Nothing is run. APK, split APKs (a folder), XAPK, APKM, APKS, DEX, VDEX, ODEX, and firmware: OTA zip, payload.bin,
/// super.img, sparse images, ext4, EROFS.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true, after_help = EXIT_CODES)]
pub(crate) struct AppArgs {
    #[command(subcommand)]
    pub(crate) command: Option<AppCommand>,
    /// Apps, folders or images
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Write the keys of the apps as a key file for `audit --keys`
    #[arg(long, value_name = "FILE")]
    pub(crate) keys: Option<PathBuf>,
    /// Show keys instead of only where they are
    #[arg(long)]
    pub(crate) reveal: bool,
    #[command(flatten)]
    pub(crate) signatures: SignatureArgs,
    #[command(flatten)]
    pub(crate) folder: DataFolder,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AppCommand {
    Compare(CompareArgs),
    Find(FindArgs),
}

/// Compares the code of apps, whatever their names are: how much is the same, and which methods are not
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct CompareArgs {
    /// The app that the others are compared with
    #[arg(value_name = "A")]
    pub(crate) first: PathBuf,
    /// The others
    #[arg(required = true, value_name = "B")]
    pub(crate) others: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// Finds an SDK, classes, a text or another app's code in apps and firmware images
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct FindArgs {
    /// Identity of a signature, the beginning of a class name, `text:...`, or an app's file whose code is sought
    #[arg(value_name = "SIGNATURE")]
    pub(crate) sought: String,
    /// Apps, folders or images
    #[arg(required = true, value_name = "IMAGE")]
    pub(crate) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) signatures: SignatureArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(Debug, Args)]
pub(crate) struct SignatureArgs {
    /// More signatures: TOML like the bundled ones, or the trackers.json of Exodus Privacy; may be given several times
    #[arg(long, value_name = "FILE")]
    pub(crate) signatures: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct OutputArgs {
    /// Format on standard output
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// Write the answer as one self-contained web page as well
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
    /// Colours
    #[arg(long, value_enum, default_value_t = Colour::Auto, alias = "color")]
    pub(crate) colour: Colour,
}
