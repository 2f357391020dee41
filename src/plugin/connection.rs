//! From an accepted socket to a connection that gRPC may use.
//!
//! Each TLS handshake runs in a task of its own, so that a stranger who connects and says nothing, or
//! says the wrong thing, holds nobody up.

use std::{
    convert::Infallible,
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    sync::mpsc,
    time,
};
use tokio_rustls::TlsAcceptor;
use tonic::transport::server::Connected;

use super::{
    lifetime::{ClientHandle, OpenConnection, OpenConnections},
    listener::{Listener, Stream},
};

/// How long a client may take for its TLS handshake. Terraform needs milliseconds.
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(10);

/// How long we wait after the system has refused to accept, for instance for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// A client that has shown who it is, or that need not.
pub(super) struct Connection {
    stream: Box<dyn Stream>,
    open: OpenConnection,
}

/// Accepts clients for ever and sends each that passes to `accepted`.
pub(super) async fn accept_all(
    listener: &Listener,
    tls: Option<TlsAcceptor>,
    open: &OpenConnections,
    accepted: mpsc::Sender<io::Result<Connection>>,
) -> Infallible {
    loop {
        match listener.accept().await {
            Ok(stream) => {
                tokio::spawn(admit(stream, tls.clone(), open.clone(), accepted.clone()));
            }
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "cannot accept");
                time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn admit(
    stream: Box<dyn Stream>,
    tls: Option<TlsAcceptor>,
    open: OpenConnections,
    accepted: mpsc::Sender<io::Result<Connection>>,
) {
    let stream = match secure(stream, tls).await {
        Ok(stream) => stream,
        Err(error) => {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "refused a connection that is not Terraform's"
            );
            return;
        }
    };
    let connection = Connection { stream, open: open.opened() };
    // Fails only when the server has stopped; then the connection closes.
    let _ = accepted.send(Ok(connection)).await;
}

async fn secure(stream: Box<dyn Stream>, tls: Option<TlsAcceptor>) -> io::Result<Box<dyn Stream>> {
    let Some(tls) = tls else {
        return Ok(stream);
    };
    let stream = time::timeout(HANDSHAKE_LIMIT, tls.accept(stream)).await??;
    Ok(Box::new(stream))
}

impl Connected for Connection {
    /// The client, so that the provider's service can tell requests of several clients apart.
    type ConnectInfo = ClientHandle;

    fn connect_info(&self) -> Self::ConnectInfo {
        self.open.client()
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
