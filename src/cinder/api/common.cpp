#include "cinder/api/common.hpp"

namespace cinder::api {
namespace {

constexpr std::string_view kAuthority = "127.0.0.1:8776";

}  // namespace

std::string url_base(const platform::http::Request& request) {
  return platform::http::origin(request, kAuthority);
}

Links::Links(const platform::http::Request& request, std::string_view collection)
    : openstack::Links(openstack::link_base(request, kAuthority, "/v3"), collection) {}

std::optional<std::string> text_member(const base::Json& object, std::string_view name) {
  const base::Json* found = base::find(object, name);
  if (!found || !found->is_string()) return std::nullopt;
  return std::string(found->get_string());
}

std::optional<std::string> renamed_member(const base::Json& object, std::string_view name) {
  if (auto text = text_member(object, name)) return text;
  return text_member(object, "display_" + std::string(name));
}

bool has_renamed(const base::Json& object, std::string_view name) {
  return base::find(object, name) || base::find(object, "display_" + std::string(name));
}

Response not_built(app::App&, ApiRequest&) {
  throw base::Error(base::ErrorKind::not_implemented,
                    "The requested functionality is not supported.");
}

}  // namespace cinder::api
