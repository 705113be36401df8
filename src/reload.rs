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

/// The content of one file.
#[derive(Clone, PartialEq, Eq)]
pub struct Content {
    /// The file's name, for faults.
    pub name: String,
    /// What it holds. A key can be in it: shown by nothing.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Content({:?}, {} bytes)", self.name, self.bytes.len())
    }
}

impl Content {
    /// What it holds as text.
    ///
    /// # Errors
    /// It is no UTF-8, as a fault to tell.
    pub fn text(&self) -> Result<&str, Vec<String>> {
        std::str::from_utf8(&self.bytes).map_err(|_| vec![format!("{}: is not UTF-8", self.name)])
    }
}

/// How the content of files becomes a value.
#[derive(Debug)]
pub struct Kind<T> {
    /// Its name in logs, on the admin page and in metrics.
    pub name: &'static str,
    /// The longest content of one file, in bytes.
    pub longest: u64,
    /// Judges the files whole, in the order they were named: a value or every fault, a line each.
    pub parse: fn(&[Content]) -> Result<T, Vec<String>>,
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

/// What one look found: the content of every file, or every file that could not be read.
type Found = Result<Vec<Content>, Vec<String>>;

/// One file that is followed, or several that make one value: a certificate and its key.
#[derive(Debug)]
pub struct File<T: 'static> {
    kind: &'static Kind<T>,
    paths: Arc<[PathBuf]>,
    current: Current<T>,
    /// What was judged last.
    judged: Found,
    /// What the last look saw and has not judged yet.
    seen: Option<Found>,
    state: watch::Sender<State>,
}

impl<T: Send + Sync> File<T> {
    /// Reads a file for the first time.
    ///
    /// # Errors
    /// Every fault, a line each: there is no last good value to go on with.
    pub fn load(kind: &'static Kind<T>, path: &Path, now: Timestamp) -> Result<Self, Vec<String>> {
        Self::load_all(kind, &[path], now)
    }

    /// Reads files that make one value, at least one, for the first time. They change together or not at
    /// all.
    ///
    /// # Errors
    /// As [`File::load`].
    pub fn load_all(kind: &'static Kind<T>, paths: &[&Path], now: Timestamp) -> Result<Self, Vec<String>> {
        let paths: Arc<[PathBuf]> = paths.iter().map(|path| path.to_path_buf()).collect();
        let found = read(&paths, kind.longest)?;
        let value = (kind.parse)(&found)?;
        let state = State {
            name: kind.name,
            version: (kind.version)(&value),
            loaded_at: now,
            path: paths.first().cloned(),
            error: None,
        };
        Ok(File {
            kind,
            paths,
            current: Current::fixed(value.into()),
            judged: Ok(found),
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
            let (paths, longest) = (self.paths.clone(), self.kind.longest);
            let Ok(found) = tokio::task::spawn_blocking(move || read(&paths, longest)).await else {
                continue;
            };
            self.take(found, asked, clock.now());
        }
    }

    /// What a look found.
    fn take(&mut self, found: Found, asked: bool, now: Timestamp) {
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

    fn judge(&mut self, found: Found, now: Timestamp) {
        let value = match &found {
            Ok(contents) => (self.kind.parse)(contents),
            Err(faults) => Err(faults.clone()),
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

fn read(paths: &[PathBuf], longest: u64) -> Found {
    let (mut found, mut faults) = (Vec::new(), Vec::new());
    for path in paths {
        let name = path.display().to_string();
        match read_one(path, longest) {
            Ok(bytes) => found.push(Content { name, bytes }),
            Err(why) => faults.push(format!("{name}: {why}")),
        }
    }
    if faults.is_empty() { Ok(found) } else { Err(faults) }
}

fn read_one(path: &Path, longest: u64) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(|e| format!("cannot be read: {e}"))?;
    file.take(longest + 1).read_to_end(&mut bytes).map_err(|e| format!("cannot be read: {e}"))?;
    if bytes.len() as u64 > longest { Err(format!("is longer than {longest} bytes")) } else { Ok(bytes) }
}

#[cfg(test)]
mod tests {
    use super::*;

    static NUMBERS: Kind<i32> = Kind {
        name: "numbers",
        longest: 8,
        parse: |files| {
            let number = |file: &Content| {
                let number = file.text()?.trim().parse::<i32>();
                number.map_err(|e| vec![format!("{}: {e}", file.name)])
            };
            files.iter().map(number).sum()
        },
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
        let found = read(&file.paths, 8);
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

    #[test]
    fn several_files_are_one_value_and_every_fault_is_told() {
        let (folder, path, _) = start("1");
        let other = folder.path().join("m");
        let both = [path.as_path(), other.as_path()];
        let load = || File::load_all(&NUMBERS, &both, Timestamp::UNIX_EPOCH);
        std::fs::write(&other, "30").unwrap();
        let mut file = load().unwrap();
        let current = file.current();
        assert_eq!(*current.get(), 31);
        std::fs::write(&path, "2").unwrap();
        std::fs::write(&other, "x").unwrap();
        look(&mut file, true);
        assert_eq!(*current.get(), 31, "both or none");
        std::fs::write(&other, "40").unwrap();
        look(&mut file, true);
        assert_eq!(*current.get(), 42);
        std::fs::remove_file(&path).unwrap();
        std::fs::remove_file(&other).unwrap();
        assert_eq!(load().unwrap_err().len(), 2);
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
