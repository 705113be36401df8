//! The board: what is up, what is down and why. Health services and the admin page read it.
//!
//! The server as a whole (`""`) is serving while it is started and not draining; it never follows a
//! shared dependency, or an outage of one database would empty a mesh. Each service follows its own.

use std::collections::BTreeMap;

use tokio::sync::watch;

use crate::register::Status;

/// What a service can depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Component {
    /// The register.
    Register,
    /// What nodes remember for each other. No service depends on it.
    Redis,
}

impl Component {
    /// Its name on the admin page.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Component::Register => "register",
            Component::Redis => "redis",
        }
    }
}

/// The state at one moment.
#[derive(Clone, Debug, Default)]
pub struct View {
    /// Calls are answered.
    pub started: bool,
    /// The server is on its way down.
    pub draining: bool,
    /// Watches are to end.
    pub closed: bool,
    /// What is known of the components.
    pub components: BTreeMap<Component, Status>,
}

impl View {
    /// Every name that health answers for.
    pub const SERVICES: [&'static str; 4] =
        ["", "iinspect.v1.VerificationService", "iinspect.v1.IssuanceService", "iinspect.v1.RegisterService"];

    /// Whether a service is serving; `None` for a name that is none.
    #[must_use]
    pub fn serving(&self, service: &str) -> Option<bool> {
        let overall = self.started && !self.draining;
        let register = |fits: fn(&Status) -> bool| {
            overall && self.components.get(&Component::Register).is_some_and(fits)
        };
        match service {
            "" => Some(overall),
            "iinspect.v1.VerificationService" => Some(register(Status::is_up)),
            // Their work is writing.
            "iinspect.v1.IssuanceService" | "iinspect.v1.RegisterService" => {
                Some(register(Status::is_writable))
            }
            _ => None,
        }
    }
}

/// Where the state is kept and followed.
#[derive(Clone, Debug)]
pub struct Board(watch::Sender<View>);

impl Default for Board {
    fn default() -> Self {
        Self::new()
    }
}

impl Board {
    /// Nothing is up yet.
    #[must_use]
    pub fn new() -> Self {
        Board(watch::Sender::new(View::default()))
    }

    /// Calls are answered from now on.
    pub fn started(&self) {
        self.0.send_modify(|v| v.started = true);
    }

    /// The way down has begun.
    pub fn draining(&self) {
        self.0.send_modify(|v| v.draining = true);
    }

    /// Watches end.
    pub fn close(&self) {
        self.0.send_modify(|v| v.closed = true);
    }

    /// A component's state.
    pub fn set(&self, component: Component, status: Status) {
        self.0.send_modify(|v| {
            v.components.insert(component, status);
        });
    }

    /// The state now.
    #[must_use]
    pub fn view(&self) -> View {
        self.0.borrow().clone()
    }

    /// The state now and at each change; a slow follower skips to the newest.
    #[must_use]
    pub fn follow(&self) -> watch::Receiver<View> {
        self.0.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VERIFICATION: &str = "iinspect.v1.VerificationService";

    #[test]
    fn the_whole_does_not_follow_a_dependency_and_a_service_does_both_ways() {
        let board = Board::new();
        let serving = |name: &str| board.view().serving(name);
        assert_eq!((serving(""), serving(VERIFICATION)), (Some(false), Some(false)));
        board.started();
        assert_eq!((serving(""), serving(VERIFICATION)), (Some(true), Some(false)));
        board.set(Component::Register, Status::Up);
        assert_eq!(serving(VERIFICATION), Some(true));
        board.set(Component::Register, Status::Down("gone".into()));
        assert_eq!((serving(""), serving(VERIFICATION)), (Some(true), Some(false)));
        board.set(Component::Register, Status::ReadOnly("disk full".into()));
        assert_eq!(
            (serving(VERIFICATION), serving("iinspect.v1.RegisterService")),
            (Some(true), Some(false))
        );
        board.set(Component::Register, Status::Up);
        board.set(Component::Redis, Status::Down("gone".into()));
        assert!(View::SERVICES.iter().all(|name| serving(name) == Some(true)));
        board.draining();
        assert_eq!((serving(""), serving(VERIFICATION)), (Some(false), Some(false)));
        assert_eq!(serving("nobody"), None);
    }
}
