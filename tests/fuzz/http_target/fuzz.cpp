// What of a request is text of the client's before any handler sees it: target, query, version
// headers, and the page that a list is asked for.
#include <cstdint>
#include <cstdlib>

#include "base/error.hpp"
#include "base/text.hpp"
#include "openstack/microversion.hpp"
#include "openstack/paging.hpp"
#include "openstack/router.hpp"
#include "platform/http/message.hpp"

namespace {

const openstack::Router& router() {
  static const openstack::Route routes[] = {
      {"GET", "/servers", "@", nullptr},
      {"GET", "/servers/{server_id}", "@", nullptr},
      {"POST", "/servers/{server_id}/action", "@", nullptr},
      {"GET", "/servers/detail", "@", nullptr},
      {"DELETE", "/{a}/{b}/{c}", "@", nullptr},
  };
  static const openstack::Router* all = [] {
    auto* made = new openstack::Router;
    for (const openstack::Route& route : routes) made->add(route);
    return made;
  }();
  return *all;
}

template <class F>
void expect_errors_of_clients_only(F&& work) {
  try {
    work();
  } catch (const base::Error& error) {
    if (base::http_status(error.kind()) >= 500) std::abort();
  }
}

void try_page(const platform::http::Request& request) {
  static constexpr openstack::SortableColumn kColumns[] = {{"name", "name"}, {"id", "id"}};
  openstack::PageRules rules;
  rules.sortable = kColumns;
  rules.default_sort = {{"created_at", openstack::SortDirection::descending}, {"id"}};
  const openstack::Page page = openstack::parse_page(request.query(), rules);
  static_cast<void>(openstack::order_and_limit(page));
  // Keys come from the table alone.
  for (const auto& key : page.sort)
    if (key.column != "name" && key.column != "id" && key.column != "created_at") std::abort();
  static_cast<void>(openstack::next_page_url("http://host", request, "id"));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  platform::http::Request request;
  const size_t line = text.find('\n');
  platform::http::set_target(request, text.substr(0, line));
  if (!request.path.starts_with('/')) std::abort();
  request.headers.set("OpenStack-API-Version",
                      std::string(line == std::string_view::npos ? "" : text.substr(line + 1)));
  for (const char* method : {"GET", "POST", "HEAD"}) {
    const auto match = router().find(method, request.path);
    for (const std::string_view value : match.values)
      static_cast<void>(base::percent_decode(value));
  }
  const auto query = request.query();
  if (platform::http::parse_query(platform::http::to_text(query)).items != query.items)
    std::abort();
  expect_errors_of_clients_only([&] { try_page(request); });
  expect_errors_of_clients_only([&] {
    const openstack::MicroversionSupport support{{2, 1}, {2, 79}, "compute", ""};
    const auto version = openstack::negotiate(support, request.headers);
    if (version < support.min || version > support.max) std::abort();
  });
  return 0;
}
