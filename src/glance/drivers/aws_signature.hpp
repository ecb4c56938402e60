// AWS Signature Version 4: how requests to S3 say who sends them.
#pragma once

#include <string>

#include "base/time.hpp"
#include "platform/http/message.hpp"

namespace glance::drivers {

struct AwsCredentials {
  std::string access_key;
  std::string secret_key;  // never logged
  std::string region;
};

// Adds x-amz-date, x-amz-content-sha256 and Authorization. All headers that the request has are
// signed, Host must be among them; its body is in memory; its path is as it goes out, and its query
// is made by http::to_text.
void sign(platform::http::Request& request, const AwsCredentials& credentials, base::TimePoint now);

}  // namespace glance::drivers
