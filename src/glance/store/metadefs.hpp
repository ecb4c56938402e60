// Rows and queries of metadata definitions.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "glance/metadef_messages.hpp"
#include "platform/database/database.hpp"

namespace glance::store {

// A row of `metadef_namespaces`.
struct NamespaceRow {
  static constexpr std::string_view kTable = "metadef_namespaces";
  std::string id;
  std::string name;
  std::optional<std::string> display_name;
  std::optional<std::string> description;
  std::string visibility;
  bool is_protected = false;
  std::string owner;
  base::TimePoint created_at{};
  base::TimePoint updated_at{};
};
BOOST_DESCRIBE_STRUCT(NamespaceRow, (),
                      (id, name, display_name, description, visibility, is_protected, owner,
                       created_at, updated_at))

[[nodiscard]] NamespaceRow to_row(std::string id, const MetadefNamespace& space);
[[nodiscard]] MetadefNamespace to_namespace(NamespaceRow row);

[[nodiscard]] std::optional<NamespaceRow> find_namespace(platform::Session& session,
                                                         const std::string& name);
// A page in the order asked for, each with its associations with resource types. Throws
// Error(not_found) for a marker that is no namespace.
[[nodiscard]] std::vector<MetadefContents> list_namespaces(platform::Session& session,
                                                           const ListMetadefNamespaces& request);
// Removes it and what it holds.
void delete_namespace(platform::Session& session, const std::string& id);

// Throws Error(conflict) if the namespace has one of that kind and name. Resource types become
// known.
void insert_metadef(platform::Session& session, const std::string& namespace_id,
                    const Metadef& metadef);
[[nodiscard]] std::optional<Metadef> find_metadef(platform::Session& session,
                                                  const std::string& namespace_id,
                                                  const std::string& kind, const std::string& name);
// All of a namespace, oldest first.
[[nodiscard]] std::vector<Metadef> list_all_metadefs(platform::Session& session,
                                                     const std::string& namespace_id);
// A page of one kind. A marker that is not there: from the start.
[[nodiscard]] std::vector<Metadef> list_metadefs(platform::Session& session,
                                                 const std::string& namespace_id,
                                                 const ListMetadefs& request);
// Throws Error(conflict) if the new name is taken.
void update_metadef(platform::Session& session, const std::string& namespace_id,
                    const std::string& name, const Metadef& metadef);
// How many went.
int64_t delete_metadefs(platform::Session& session, const std::string& namespace_id,
                        const std::string& kind, const std::optional<std::string>& name);

[[nodiscard]] std::vector<Metadef> list_resource_types(platform::Session& session);
void delete_resource_types(platform::Session& session);

}  // namespace glance::store
