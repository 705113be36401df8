//! Columns through the whole server: their size is bounded apart from everything else.

use iinspect::pb::v1::verification_service_client::VerificationServiceClient;
use iinspect::pb::v1::{DecodeRequest, ScreenRequest};
use tonic::Code;

use super::child::*;

#[tokio::test]
async fn screen_takes_eight_mebibytes_and_the_others_four() {
    let server = Server::start(&["--demo"]);
    let mut client = VerificationServiceClient::new(server.channel().await);
    let column = |long: usize| ScreenRequest {
        number_strings: vec!["1".repeat(long); 100_000],
        ..ScreenRequest::default()
    };
    let answer = client.screen(column(64)).await.unwrap_or_else(|s| panic!("{s:?}")).into_inner();
    assert_eq!((answer.verdicts.len(), answer.reasons.len()), (100_000, 100_000));
    assert_eq!(client.screen(column(100)).await.err().map(|s| s.code()), Some(Code::OutOfRange));
    let decode = DecodeRequest { number: "1".repeat(5 << 20) };
    assert_eq!(client.decode(decode).await.err().map(|s| s.code()), Some(Code::OutOfRange));
    let sound = DecodeRequest { number: "009900000008".into() };
    assert!(client.decode(sound).await.is_ok());
}
