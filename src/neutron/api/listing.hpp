// Filters, sorting and pages of list requests.
#pragma once

#include "neutron/api/attribute.hpp"
#include "neutron/app/core.hpp"
#include "neutron/store/fragments.hpp"

namespace neutron::api {

// Adds the condition of a filter that is no plain column. False: it does not know the name.
using CustomFilter = bool (*)(store::SqlFragment& where, const openstack::Context& context,
                              std::string_view name, const std::vector<std::string_view>& values);

struct Listing {
  store::ListQuery query;
  std::optional<int64_t> limit;
  bool reverse = false;  // rows come in the opposite of the asked order
  std::vector<std::string> fields;
};

// Throws base::Error(bad_request) for what can not be filtered or sorted by.
[[nodiscard]] Listing read_listing(app::Core& core, const ResourceType& type,
                                   const openstack::ApiRequest& request,
                                   store::Alternatives visible, CustomFilter custom);
// Conditions on the column `tags` (JSON text) for tags, tags-any, not-tags, not-tags-any.
bool add_tag_filter(store::SqlFragment& where, std::string_view name,
                    const std::vector<std::string_view>& values);
[[nodiscard]] bool read_boolean(std::string_view text);

// The PLURAL_links of a page; nothing without a limit.
void write_page_links(base::JsonWriter& writer, const ResourceType& type,
                      const openstack::ApiRequest& request, const Listing& listing, size_t count,
                      const std::string& first_id, const std::string& last_id);
[[nodiscard]] std::vector<std::string> read_fields(const openstack::ApiRequest& request);
// Of If-Match: "revision_number=N".
[[nodiscard]] app::Precondition read_precondition(const openstack::ApiRequest& request);

}  // namespace neutron::api
