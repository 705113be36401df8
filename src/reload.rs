//! One reloader for every file that can change under a running server: read, judged whole, swapped.
//!
//! What does not pass is refused as a whole: the last good value stays, the log says why once, and
//! the admin page goes on saying it. A file is looked at every few seconds and when somebody asks
//! (SIGHUP). A change found by looking is judged only when two looks see the same text, since an
//! editor may be half way through.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use jiff::Timestamp;
use tokio::sync::watch;

use crate::clock::Clock;

/// How often a file is looked at.
pub const LOOK: Duration = Duration::from_secs(2);
/// The most faults that one line of the log, or of the admin page, tells.
const TOLD: usize = 20;

/// A value that readers see as it stands now: the whole old one or the whole new one.
///
/// ```
/// use iinspect::reload::Current;
/// let current = Current::fixed(7.into());
/// assert_eq!(*current.get(), 7);
/// ```
#[derive(Debug)]
pub struct Current<T>(Arc<ArcSwap<T>>);

impl<T> Clone for Current<T> {
    fn clone(&self) -> Self {
        Current(self.0.clone())
    }
}

impl<T> Current<T> {
    /// A value that never changes.
    #[must_use]
    pub fn fixed(value: Arc<T>) -> Self {
        Current(Arc::new(ArcSwap::new(value)))
    }

    /// The value now. Whoever decides something takes it once.
    #[must_use]
    pub fn get(&self) -> Arc<T> {
        self.0.load_full()
    }
}

/// How the text of a file becomes a value.
#[derive(Debug)]
pub struct Kind<T> {
    /// Its name in logs, on the admin page and in metrics.
    pub name: &'static str,
    /// The longest text, in bytes.
    pub longest: u64,
    /// Judges a text whole: a value or every fault, a line each. The first argument is the file's name.
    pub parse: fn(&str, &str) -> Result<T, Vec<String>>,
    /// The version that a value says to have.
    pub version: fn(&T) -> String,
}

/// What is known of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// The kind's name.
    pub name: &'static str,
    /// The version in use.
    pub version: String,
    /// Since when.
    pub loaded_at: Timestamp,
    /// The file; `None`: what is built in.
    pub path: Option<PathBuf>,
    /// Why the file as it stands is not used; `None`: it is.
    pub error: Option<String>,
}

/// Asks every file to be read again.
#[derive(Clone, Debug)]
pub struct Asks(watch::Sender<u64>);

impl Default for Asks {
    fn default() -> Self {
        Asks(watch::Sender::new(0))
    }
}

impl Asks {
    /// Asks now. Asking again before it is done is one more look, not two.
    pub fn ask(&self) {
        self.0.send_modify(|n| *n = n.wrapping_add(1));
    }
}

/// A file that is followed.
#[derive(Debug)]
pub struct File<T: 'static> {
    kind: &'static Kind<T>,
    path: PathBuf,
    current: Current<T>,
    /// What was judged last: a text, or why there was none.
    judged: Result<String, String>,
    /// What the last look saw and has not judged yet.
    seen: Option<Result<String, String>>,
    state: watch::Sender<State>,
}

impl<T: Send + Sync> File<T> {
    /// Reads a file for the first time.
    ///
    /// # Errors
    /// Every fault, a line each: there is no last good value to go on with.
    pub fn load(kind: &'static Kind<T>, path: &Path, now: Timestamp) -> Result<Self, Vec<String>> {
        let text = read(path, kind.longest).map_err(|why| vec![format!("{}: {why}", path.display())])?;
        let value = (kind.parse)(&path.display().to_string(), &text)?;
        let state = State {
            name: kind.name,
            version: (kind.version)(&value),
            loaded_at: now,
            path: Some(path.into()),
            error: None,
        };
        Ok(File {
            kind,
            path: path.into(),
            current: Current::fixed(value.into()),
            judged: Ok(text),
            seen: None,
            state: watch::Sender::new(state),
        })
    }

    /// The value, for readers.
    #[must_use]
    pub fn current(&self) -> Current<T> {
        self.current.clone()
    }

    /// What is known of the file, now and later.
    #[must_use]
    pub fn state(&self) -> watch::Receiver<State> {
        self.state.subscribe()
    }

    /// Follows the file until the task is ended.
    pub async fn follow(mut self, asks: Asks, clock: Clock) {
        let mut asked = asks.0.subscribe();
        loop {
            // The sender is held here, too: waiting for it never fails.
            let asked = tokio::select! {
                _ = asked.changed() => true,
                () = tokio::time::sleep(LOOK) => false,
            };
            let (path, longest) = (self.path.clone(), self.kind.longest);
            let Ok(found) = tokio::task::spawn_blocking(move || read(&path, longest)).await else { continue };
            self.take(found, asked, clock.now());
        }
    }

    /// What a look found.
    fn take(&mut self, found: Result<String, String>, asked: bool, now: Timestamp) {
        if found == self.judged {
            self.seen = None;
            let state = self.state.borrow();
            match &state.error {
                Some(error) if asked => {
                    tracing::error!(file = state.name, kept = state.version, error, "still refused");
                }
                None if asked => tracing::info!(file = state.name, version = state.version, "unchanged"),
                _ => {}
            }
        } else if asked || self.seen.as_ref() == Some(&found) {
            self.seen = None;
            self.judge(found, now);
        } else {
            self.seen = Some(found);
        }
    }

    fn judge(&mut self, found: Result<String, String>, now: Timestamp) {
        let name = self.path.display().to_string();
        let value = match &found {
            Ok(text) => (self.kind.parse)(&name, text),
            Err(why) => Err(vec![format!("{name}: {why}")]),
        };
        self.judged = found;
        match value {
            Ok(value) => {
                let version = (self.kind.version)(&value);
                if version == self.state.borrow().version {
                    tracing::warn!(
                        file = self.kind.name,
                        version,
                        "its content changed and its version did not"
                    );
                }
                self.current.0.store(value.into());
                tracing::info!(file = self.kind.name, version, "reloaded");
                self.state.send_modify(|s| {
                    s.version = version;
                    s.loaded_at = now;
                    s.error = None;
                });
            }
            Err(faults) => {
                let error = in_one_line(&faults);
                let kept = self.state.borrow().version.clone();
                tracing::error!(file = self.kind.name, kept, error, "refused: the last good one is kept");
                self.state.send_modify(|s| s.error = Some(error));
            }
        }
    }
}

fn in_one_line(faults: &[String]) -> String {
    let more = faults.len().saturating_sub(TOLD);
    let rest = (more > 0).then(|| format!("and {more} more"));
    faults.iter().take(TOLD).cloned().chain(rest).collect::<Vec<_>>().join("; ")
}

fn read(path: &Path, longest: u64) -> Result<String, String> {
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(|e| format!("cannot be read: {e}"))?;
    file.take(longest + 1).read_to_end(&mut bytes).map_err(|e| format!("cannot be read: {e}"))?;
    if bytes.len() as u64 > longest {
        return Err(format!("is longer than {longest} bytes"));
    }
    String::from_utf8(bytes).map_err(|_| "is not UTF-8".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    static NUMBERS: Kind<i32> = Kind {
        name: "numbers",
        longest: 8,
        parse: |file, text| text.trim().parse().map_err(|e| vec![format!("{file}: {e}")]),
        version: |n| format!("v{n}"),
    };

    fn start(text: &str) -> (tempfile::TempDir, PathBuf, File<i32>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("n");
        std::fs::write(&path, text).unwrap();
        let file = File::load(&NUMBERS, &path, Timestamp::UNIX_EPOCH).unwrap();
        (folder, path, file)
    }

    fn look(file: &mut File<i32>, asked: bool) {
        let found = read(&file.path, 8);
        file.take(found, asked, Timestamp::from_second(60).unwrap());
    }

    #[test]
    fn a_change_is_taken_when_two_looks_agree_or_at_once_when_asked() {
        let (_folder, path, mut file) = start("1");
        let current = file.current();
        std::fs::write(&path, "2").unwrap();
        look(&mut file, false);
        assert_eq!(*current.get(), 1, "it may be half written");
        std::fs::write(&path, "23").unwrap();
        look(&mut file, false);
        assert_eq!(*current.get(), 1, "it is still being written");
        look(&mut file, false);
        assert_eq!(*current.get(), 23);
        std::fs::write(&path, "4").unwrap();
        look(&mut file, true);
        assert_eq!(*current.get(), 4);
        let state = file.state().borrow().clone();
        assert_eq!((state.version.as_str(), state.loaded_at.as_second()), ("v4", 60));
    }

    #[test]
    fn what_is_broken_leaves_the_last_good_value_and_says_why_until_it_is_mended() {
        let (_folder, path, mut file) = start("1");
        let current = file.current();
        for (text, why) in [("x", "invalid digit"), ("123456789", "longer than 8"), ("", "empty")] {
            std::fs::write(&path, text).unwrap();
            look(&mut file, true);
            let state = file.state().borrow().clone();
            assert!(state.error.is_some_and(|e| e.contains(why)), "{text}");
            assert_eq!((*current.get(), state.version.as_str()), (1, "v1"));
            assert_eq!(state.loaded_at, Timestamp::UNIX_EPOCH);
        }
        std::fs::remove_file(&path).unwrap();
        look(&mut file, true);
        assert!(file.state().borrow().error.as_ref().is_some_and(|e| e.contains("cannot be read")));
        std::fs::write(&path, "1").unwrap();
        look(&mut file, true);
        assert_eq!(file.state().borrow().error, None, "the same as before is good again");
    }

    #[test]
    fn a_file_that_is_broken_from_the_start_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("n");
        assert!(
            File::load(&NUMBERS, &path, Timestamp::UNIX_EPOCH).unwrap_err()[0].contains("cannot be read")
        );
        std::fs::write(&path, [0xFF]).unwrap();
        assert!(File::load(&NUMBERS, &path, Timestamp::UNIX_EPOCH).unwrap_err()[0].contains("not UTF-8"));
    }

    #[tokio::test]
    async fn who_asks_is_answered_by_a_look() {
        let (_folder, path, file) = start("1");
        let (asks, mut state) = (Asks::default(), file.state());
        let followed = tokio::spawn(file.follow(asks.clone(), Clock::system()));
        std::fs::write(&path, "2").unwrap();
        // The follower may not listen yet when it is asked first.
        let reloaded = async {
            loop {
                asks.ask();
                if tokio::time::timeout(Duration::from_millis(50), state.changed()).await.is_ok() {
                    break;
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(10), reloaded).await.unwrap();
        assert_eq!(state.borrow().version, "v2");
        followed.abort();
    }
}
