//! The contract's services over the use cases: protobuf to domain and back, nothing else.

pub mod convert;
pub mod edge;
pub mod health;
pub mod issuance;
pub mod register;
pub mod status;
pub mod validate;
pub mod verification;

/// Stands for every RPC of a service that later work brings: each answers UNIMPLEMENTED by name. Those
/// that are served stand before them as they are.
macro_rules! not_yet {
    ($service:ident as $path:literal { $( @served { $($served:tt)* } )?
        $( $unary:ident($request:ident) -> $response:ident = $name:literal; )* }) => {
        #[tonic::async_trait]
        impl $service for Service {
            $( $($served)* )?
            $(
                async fn $unary(&self, _: tonic::Request<v1::$request>)
                    -> Result<tonic::Response<v1::$response>, tonic::Status>
                {
                    Err(crate::grpc::status::rpc_not_implemented(concat!($path, "/", $name)))
                }
            )*
        }
    };
}
pub(crate) use not_yet;
