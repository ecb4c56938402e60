#include "nova/api/common.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <array>

#include "nova/app/quotas.hpp"

namespace nova::api {
namespace {

constexpr std::string_view kAuthority = "127.0.0.1:8774";
constexpr std::string_view kPrefix = "/v2.1";

}  // namespace

std::string url_base(const platform::http::Request& request) {
  return platform::http::origin(request, kAuthority);
}

std::string server_url(const platform::http::Request& request) {
  return openstack::link_base(request, kAuthority, kPrefix).with_version + "/servers/";
}

Links::Links(const platform::http::Request& request, std::string_view collection)
    : openstack::Links(openstack::link_base(request, kAuthority, kPrefix), collection) {}

void write_next_link(base::JsonWriter& json, std::string_view name, const ApiRequest& request,
                     const std::optional<int64_t>& limit, size_t count,
                     const std::string& last_id) {
  if (!limit || count == 0 || static_cast<int64_t>(count) < *limit) return;
  openstack::write_next_link(json, name, url_base(request.http), request.http, last_id);
}

std::string canonical_address(const std::string& address) {
  in6_addr bytes{};
  if (::inet_pton(AF_INET6, address.c_str(), &bytes) != 1) return address;
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(AF_INET6, &bytes, text.data(), text.size());
  return text.data();
}

void check_metadata_limit(app::App& app, const ApiRequest& request, size_t items) {
  const auto limits = app.database.read([&](platform::Session& session) {
    return app::project_limits(session, app.settings, request.context.project_id());
  });
  const int64_t limit = limits.at("metadata_items");
  if (limit >= 0 && static_cast<int64_t>(items) > limit)
    throw base::Error(base::ErrorKind::forbidden,
                      fmt::format("Maximum number of metadata items exceeds {}", limit));
}

std::string id_of_reference(const base::Json& reference) {
  const std::string text = text_of(reference);
  return text.substr(text.rfind('/') + 1);
}

}  // namespace nova::api
