//! What go-plugin asks beside the provider's calls: shut down, show your output, broker connections,
//! health checks
//!
//! Terraform opens the streams of stdio and broker as soon as it is connected, and sends nothing on
//! them (observed). They are held open until either side ends.

use std::pin::Pin;

use futures_util::{Stream, StreamExt, stream};
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, Streaming, service::Routes};

use super::generated::{
    health::{
        HealthCheckRequest, HealthCheckResponse,
        health_check_response::ServingStatus,
        health_server::{Health, HealthServer},
    },
    plugin::{
        ConnInfo, Empty, StdioData,
        grpc_broker_server::{GrpcBroker, GrpcBrokerServer},
        grpc_controller_server::{GrpcController, GrpcControllerServer},
        grpc_stdio_server::{GrpcStdio, GrpcStdioServer},
    },
};

/// The services that go-plugin asks for by this name when it asks for health.
const HEALTHY: [&str; 2] = ["plugin", ""];

type Responses<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// Adds go-plugin's services to the provider's. `stop` is cancelled by a call of Shutdown, and ends the
/// streams that are held open.
pub(super) fn add(routes: Routes, stop: &CancellationToken) -> Routes {
    let services = Services { stop: stop.clone() };
    routes
        .add_service(GrpcControllerServer::new(services.clone()))
        .add_service(GrpcStdioServer::new(services.clone()))
        .add_service(GrpcBrokerServer::new(services.clone()))
        .add_service(HealthServer::new(services))
}

#[derive(Clone)]
struct Services {
    stop: CancellationToken,
}

impl Services {
    /// Sends `first` and then nothing until the process stops.
    fn held_open<T: Send + 'static>(&self, first: Option<T>) -> Responses<T> {
        stream::iter(first)
            .map(Ok)
            .chain(stream::pending())
            .take_until(self.stop.clone().cancelled_owned())
            .boxed()
    }
}

#[tonic::async_trait]
impl GrpcController for Services {
    async fn shutdown(&self, _request: Request<Empty>) -> Result<Response<Empty>, Status> {
        tracing::debug!("Terraform asks the provider to shut down");
        self.stop.cancel();
        Ok(Response::new(Empty {}))
    }
}

#[tonic::async_trait]
impl GrpcStdio for Services {
    type StreamStdioStream = Responses<StdioData>;

    async fn stream_stdio(&self, _request: Request<()>) -> Result<Response<Self::StreamStdioStream>, Status> {
        Ok(Response::new(self.held_open(None)))
    }
}

#[tonic::async_trait]
impl GrpcBroker for Services {
    type StartStreamStream = Responses<ConnInfo>;

    async fn start_stream(
        &self,
        request: Request<Streaming<ConnInfo>>,
    ) -> Result<Response<Self::StartStreamStream>, Status> {
        let offers = request.into_inner();
        // We take no offer of a connection; when the client ends its half, we end ours.
        let responses = offers.filter_map(async |_| None).take_until(self.stop.clone().cancelled_owned());
        Ok(Response::new(responses.boxed()))
    }
}

#[tonic::async_trait]
impl Health for Services {
    type WatchStream = Responses<HealthCheckResponse>;

    async fn check(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        let service = request.into_inner().service;
        if HEALTHY.contains(&service.as_str()) {
            Ok(Response::new(status(ServingStatus::Serving)))
        } else {
            Err(Status::not_found(format!("no service {service:?} here")))
        }
    }

    async fn watch(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let known = HEALTHY.contains(&request.into_inner().service.as_str());
        let now = if known { ServingStatus::Serving } else { ServingStatus::ServiceUnknown };
        Ok(Response::new(self.held_open(Some(status(now)))))
    }
}

fn status(status: ServingStatus) -> HealthCheckResponse {
    HealthCheckResponse { status: status.into() }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use tonic::Code;

    use super::*;

    fn services() -> Services {
        Services { stop: CancellationToken::new() }
    }

    fn about(service: &str) -> Request<HealthCheckRequest> {
        Request::new(HealthCheckRequest { service: service.to_owned() })
    }

    #[tokio::test]
    async fn health_knows_the_plugin_and_the_whole_server() {
        for service in HEALTHY {
            let response = services().check(about(service)).await.unwrap();
            assert_eq!(response.into_inner().status(), ServingStatus::Serving);
        }
        let refusal = services().check(about("other")).await.unwrap_err();
        assert_eq!(refusal.code(), Code::NotFound);
    }

    #[tokio::test]
    async fn watch_tells_the_state_and_stays_open_until_the_stop() {
        let cases = [("plugin", ServingStatus::Serving), ("other", ServingStatus::ServiceUnknown)];
        for (service, expected) in cases {
            let services = services();
            let mut responses = services.watch(about(service)).await.unwrap().into_inner();
            assert_eq!(responses.next().await.unwrap().unwrap().status(), expected);
            assert!(responses.next().now_or_never().is_none());
            services.stop.cancel();
            assert!(responses.next().await.is_none());
        }
    }

    #[tokio::test]
    async fn stdio_is_silent_until_the_stop() {
        let services = services();
        let mut output = services.stream_stdio(Request::new(())).await.unwrap().into_inner();
        assert!(output.next().now_or_never().is_none());
        services.stop.cancel();
        assert!(output.next().await.is_none());
    }

    #[tokio::test]
    async fn shutdown_stops() {
        let services = services();
        services.shutdown(Request::new(Empty {})).await.unwrap();
        assert!(services.stop.is_cancelled());
    }
}
