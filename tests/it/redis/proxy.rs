//! A way to a Redis on which answers take their time.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Passes on what comes, answers later by a time that can be changed.
pub(super) struct Proxy {
    pub(super) url: String,
    delay: Arc<watch::Sender<Duration>>,
    task: tokio::task::JoinHandle<()>,
}

impl Proxy {
    pub(super) async fn start(to: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("redis://127.0.0.1:{}", listener.local_addr().unwrap().port());
        let delay = Arc::new(watch::Sender::new(Duration::ZERO));
        let told = delay.clone();
        let task = tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let told = told.clone();
                tokio::spawn(async move {
                    let Ok(far) = TcpStream::connect(("127.0.0.1", to)).await else { return };
                    near.set_nodelay(true).unwrap();
                    far.set_nodelay(true).unwrap();
                    let (mut from_near, mut to_near) = near.into_split();
                    let (mut from_far, mut to_far) = far.into_split();
                    let there = tokio::io::copy(&mut from_near, &mut to_far);
                    let back = async {
                        let mut bytes = vec![0; 64 * 1024];
                        loop {
                            let count = from_far.read(&mut bytes).await?;
                            let delay = *told.borrow();
                            tokio::time::sleep(delay).await;
                            if count == 0 {
                                return Ok(0);
                            }
                            to_near.write_all(&bytes[..count]).await?;
                        }
                    };
                    let _: std::io::Result<(u64, u64)> = tokio::try_join!(there, back);
                });
            }
        });
        Proxy { url, delay, task }
    }

    pub(super) fn slow_down(&self, delay: Duration) {
        self.delay.send_replace(delay);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}
