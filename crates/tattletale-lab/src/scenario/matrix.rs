//! The matrix: every phone with every browser it can have, in both releases, both modes and all switches.
//!
//! A switch that a cell does not have is not varied: the switch of May 2020 exists in updated browsers and matters in
//! incognito mode only.

use super::file;
use super::{Release, Scenario};
use crate::browser::{IncognitoSwitch, PRODUCTS, Position, Switches};
use crate::device::MODELS;
use crate::people::Mode;
use crate::variant::Variant;

/// All cells; they take their details from the scenario of the phone that was observed.
pub(super) fn cells() -> Vec<Scenario> {
    let Some(observed) = file::named().into_iter().find(|scenario| scenario.name == "redmi-note-8-reported") else {
        return Vec::new();
    };
    let mut cells = Vec::new();
    for model in MODELS {
        for product in PRODUCTS.iter().filter(|product| model.is_own() || !product.preinstalled) {
            for (release, variant) in [(Release::Reported, Variant::Reported), (Release::Updated, Variant::Updated)] {
                for mode in [Mode::Normal, Mode::Incognito] {
                    for switches in switches(release, mode, observed.switches) {
                        let label = switches.label(release == Release::Updated, mode);
                        let version = if release == Release::Updated { product.updated } else { product.reported };
                        let title =
                            format!("{} · {} {version} · {} · {label}", model.sold_as, product.title, mode.name());
                        let name = format!(
                            "{}/{}/{version}/{}/{}",
                            model.name,
                            product.name,
                            mode.name(),
                            label.replace(' ', "/")
                        );
                        let (modes, observed) = (vec![mode], observed.clone());
                        cells.push(Scenario {
                            name,
                            title,
                            model,
                            product,
                            release,
                            variant,
                            modes,
                            switches,
                            ..observed
                        });
                    }
                }
            }
        }
    }
    cells
}

fn switches(release: Release, mode: Mode, base: Switches) -> Vec<Switches> {
    let accounts = [(false, false), (true, false), (true, true)];
    let mut stands = vec![base.incognito];
    if (release, mode) == (Release::Updated, Mode::Incognito) {
        let positions = [Position::Default, Position::On, Position::Off];
        let both = |position| [true, false].map(|on_sends| IncognitoSwitch { position, on_sends, ..base.incognito });
        stands = positions.into_iter().flat_map(both).collect();
    }
    let with = |&incognito: &IncognitoSwitch| {
        accounts.map(|(account, history_sync)| Switches { account, history_sync, incognito, ..base })
    };
    stands.iter().flat_map(with).collect()
}
