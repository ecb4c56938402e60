#include "glance/drivers/aws_signature.hpp"

#include <gtest/gtest.h>

namespace glance::drivers {
namespace {

const AwsCredentials kExample{"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
                              "us-east-1"};

// The examples in the documentation of S3's API, "Authenticating Requests: Using the Authorization
// Header".
std::string signature_of(platform::http::Request request) {
  request.headers.set("Host", "examplebucket.s3.amazonaws.com");
  const base::TimePoint day{std::chrono::seconds{1369353600}};  // 2013-05-24
  sign(request, kExample, day);
  const std::string text(request.headers.value("Authorization"));
  return text.substr(text.rfind('=') + 1);
}

TEST(AwsSignature, is_as_documented_for_an_object) {
  platform::http::Request request;
  request.path = "/test.txt";
  request.headers.set("Range", "bytes=0-9");
  EXPECT_EQ(signature_of(request),
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

TEST(AwsSignature, is_as_documented_for_queries) {
  platform::http::Request request;
  request.query_text = "prefix=J&max-keys=2";
  EXPECT_EQ(signature_of(request),
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
  request.query_text = "lifecycle=";
  EXPECT_EQ(signature_of(request),
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
}

TEST(AwsSignature, covers_the_body) {
  platform::http::Request request;
  request.method = "PUT";
  const std::string empty = signature_of(request);
  request.body = "x";
  EXPECT_NE(signature_of(request), empty);
}

}  // namespace
}  // namespace glance::drivers
