#include "glance/drivers/aws_signature.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <map>

#include "base/text.hpp"
#include "platform/crypto.hpp"

namespace glance::drivers {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";

std::string hex_digest(std::string_view bytes) { return base::to_hex(platform::sha256(bytes)); }

// "20130524T000000Z"
std::string basic_time(base::TimePoint now) {
  return base::replace_all(base::replace_all(base::format_seconds(now), "-", ""), ":", "");
}

std::string sorted_query(const std::string& text) {
  platform::http::Query query = platform::http::parse_query(text);
  std::ranges::sort(query.items);
  return platform::http::to_text(query);
}

std::string signing_key(const AwsCredentials& credentials, std::string_view day) {
  std::string key = "AWS4" + credentials.secret_key;
  for (const std::string_view step : {day, std::string_view(credentials.region),
                                      std::string_view("s3"), std::string_view("aws4_request")})
    key = platform::hmac_sha256(key, step);
  return key;
}

}  // namespace

void sign(platform::http::Request& request, const AwsCredentials& credentials,
          base::TimePoint now) {
  const std::string time = basic_time(now);
  const std::string day = time.substr(0, 8);
  const std::string body_digest = hex_digest(request.body);
  request.headers.set("x-amz-date", time);
  request.headers.set("x-amz-content-sha256", body_digest);

  std::map<std::string, std::string> headers;
  for (const auto& [name, value] : request.headers)
    headers[base::lower(name)] = std::string(base::trim(value));
  std::string lines;
  std::string names;
  for (const auto& [name, value] : headers) {
    lines += fmt::format("{}:{}\n", name, value);
    names += (names.empty() ? "" : ";") + name;
  }
  const std::string canonical =
      fmt::format("{}\n{}\n{}\n{}\n{}\n{}", request.method, request.path,
                  sorted_query(request.query_text), lines, names, body_digest);
  const std::string scope = fmt::format("{}/{}/s3/aws4_request", day, credentials.region);
  const std::string to_sign =
      fmt::format("{}\n{}\n{}\n{}", kAlgorithm, time, scope, hex_digest(canonical));
  request.headers.set(
      "Authorization",
      fmt::format("{} Credential={}/{},SignedHeaders={},Signature={}", kAlgorithm,
                  credentials.access_key, scope, names,
                  base::to_hex(platform::hmac_sha256(signing_key(credentials, day), to_sign))));
}

}  // namespace glance::drivers
