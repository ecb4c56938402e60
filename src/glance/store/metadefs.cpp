#include "glance/store/metadefs.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <unordered_map>

#include "glance/store/queries.hpp"
#include "platform/database/rows.hpp"

namespace glance::store {
namespace {

using openstack::SqlFragment;
using platform::Session;
using platform::SqlRow;
using platform::SqlValues;

struct MetadefRow {
  static constexpr std::string_view kTable = "metadefs";
  std::string namespace_id;
  std::string kind;
  std::string name;
  std::string body;
  base::TimePoint created_at{};
  base::TimePoint updated_at{};
};
BOOST_DESCRIBE_STRUCT(MetadefRow, (), (namespace_id, kind, name, body, created_at, updated_at))

struct ResourceTypeRow {
  static constexpr std::string_view kTable = "metadef_resource_types";
  std::string name;
  base::TimePoint created_at{};
  base::TimePoint updated_at{};
};
BOOST_DESCRIBE_STRUCT(ResourceTypeRow, (), (name, created_at, updated_at))

Metadef to_metadef(MetadefRow row) {
  return {std::move(row.kind), std::move(row.name), base::parse_json(row.body), row.created_at,
          row.updated_at};
}

std::vector<Metadef> select_metadefs(Session& session, std::string_view tail,
                                     const SqlValues& values) {
  std::vector<Metadef> metadefs;
  for (MetadefRow& row : platform::select<MetadefRow>(session, tail, values))
    metadefs.push_back(to_metadef(std::move(row)));
  return metadefs;
}

// What comes after the one row that `where` finds; nothing said if there is none.
SqlFragment after_row(Session& session, const openstack::Page& page, std::string_view table,
                      const SqlFragment& where) {
  SqlValues values;
  for (const openstack::SortKey& key : page.sort)
    session.query(fmt::format("SELECT {} FROM {} {}", key.column, table, where.text), where.values,
                  [&](const SqlRow& row) {
                    if (key.column.ends_with("_at"))
                      values.emplace_back(row.integer(0));
                    else
                      values.emplace_back(std::string(row.text(0)));
                  });
  return values.empty() ? SqlFragment{} : openstack::after_marker(page.sort, values);
}

SqlFragment conditions(const ListMetadefNamespaces& request) {
  SqlFragment where{"WHERE 1=1", {}};
  if (!request.viewer.admin)
    append(where, {" AND (owner = ? OR visibility = 'public')", {request.viewer.project_id}});
  if (!request.visibility.empty()) append(where, {" AND visibility = ?", {request.visibility}});
  if (request.resource_types.empty()) return where;
  where.text += fmt::format(
      " AND EXISTS (SELECT 1 FROM metadefs m WHERE m.namespace_id = metadef_namespaces.id AND "
      "m.kind = 'resource_type' AND m.name IN ({}))",
      marks(request.resource_types.size()));
  for (const std::string& name : request.resource_types) where.values.emplace_back(name);
  return where;
}

// Of all namespaces of a page, in one query.
void add_resource_types(Session& session, const std::vector<NamespaceRow>& rows,
                        std::vector<MetadefContents>& page) {
  if (rows.empty()) return;
  std::unordered_map<std::string, MetadefContents*> by_id;
  SqlValues values{std::string(kMetadefResourceType)};
  for (size_t i = 0; i < rows.size(); ++i) {
    by_id[rows[i].id] = &page[i];
    values.emplace_back(rows[i].id);
  }
  const std::string tail =
      fmt::format("WHERE kind=? AND namespace_id IN ({}) ORDER BY name", marks(rows.size()));
  for (MetadefRow& row : platform::select<MetadefRow>(session, tail, values)) {
    MetadefContents& contents = *by_id.at(row.namespace_id);
    contents.metadefs.push_back(to_metadef(std::move(row)));
  }
}

void make_known(Session& session, const Metadef& metadef) {
  if (metadef.kind != kMetadefResourceType) return;
  if (platform::find<ResourceTypeRow>(session, "WHERE name=?", {metadef.name})) return;
  platform::insert(session, ResourceTypeRow{metadef.name, metadef.created_at, metadef.updated_at});
}

}  // namespace

NamespaceRow to_row(std::string id, const MetadefNamespace& space) {
  return {std::move(id),      space.name,  space.display_name, space.description, space.visibility,
          space.is_protected, space.owner, space.created_at,   space.updated_at};
}

MetadefNamespace to_namespace(NamespaceRow row) {
  return {std::move(row.name),
          std::move(row.display_name),
          std::move(row.description),
          std::move(row.visibility),
          row.is_protected,
          std::move(row.owner),
          row.created_at,
          row.updated_at};
}

std::optional<NamespaceRow> find_namespace(Session& session, const std::string& name) {
  return platform::find<NamespaceRow>(session, "WHERE name=?", {name});
}

std::vector<MetadefContents> list_namespaces(Session& session,
                                             const ListMetadefNamespaces& request) {
  SqlFragment sql = conditions(request);
  const openstack::Page page = page_of(request.sort, request.limit);
  if (!request.marker.empty()) {
    if (!find_namespace(session, request.marker))
      throw base::Error(
          base::ErrorKind::not_found,
          fmt::format("Metadata definition namespace={} was not found.", request.marker));
    append(sql, after_row(session, page, NamespaceRow::kTable, {"WHERE name=?", {request.marker}}));
  }
  append(sql, openstack::order_and_limit(page));
  const auto rows = platform::select<NamespaceRow>(session, sql.text, sql.values);
  std::vector<MetadefContents> namespaces;
  for (const NamespaceRow& row : rows) namespaces.push_back({to_namespace(row), {}});
  add_resource_types(session, rows, namespaces);
  return namespaces;
}

void delete_namespace(Session& session, const std::string& id) {
  session.execute("DELETE FROM metadefs WHERE namespace_id=?", {id});
  session.execute("DELETE FROM metadef_namespaces WHERE id=?", {id});
}

void insert_metadef(Session& session, const std::string& namespace_id, const Metadef& metadef) {
  make_known(session, metadef);
  platform::insert(session,
                   MetadefRow{namespace_id, metadef.kind, metadef.name, base::to_text(metadef.body),
                              metadef.created_at, metadef.updated_at});
}

std::optional<Metadef> find_metadef(Session& session, const std::string& namespace_id,
                                    const std::string& kind, const std::string& name) {
  auto row = platform::find<MetadefRow>(session, "WHERE namespace_id=? AND kind=? AND name=?",
                                        {namespace_id, kind, name});
  return row ? std::optional(to_metadef(std::move(*row))) : std::nullopt;
}

std::vector<Metadef> list_all_metadefs(Session& session, const std::string& namespace_id) {
  return select_metadefs(session, "WHERE namespace_id=? ORDER BY created_at, name", {namespace_id});
}

std::vector<Metadef> list_metadefs(Session& session, const std::string& namespace_id,
                                   const ListMetadefs& request) {
  SqlFragment sql{"WHERE namespace_id=? AND kind=?", {namespace_id, request.kind}};
  const openstack::Page page = page_of(request.sort, request.limit);
  if (!request.marker.empty())
    append(sql, after_row(session, page, MetadefRow::kTable,
                          {"WHERE namespace_id=? AND kind=? AND name=?",
                           {namespace_id, request.kind, request.marker}}));
  append(sql, openstack::order_and_limit(page));
  return select_metadefs(session, sql.text, sql.values);
}

void update_metadef(Session& session, const std::string& namespace_id, const std::string& name,
                    const Metadef& metadef) {
  session.execute(
      "UPDATE metadefs SET name=?, body=?, updated_at=? WHERE namespace_id=? AND kind=? AND "
      "name=?",
      {metadef.name, base::to_text(metadef.body), metadef.updated_at, namespace_id, metadef.kind,
       name});
}

int64_t delete_metadefs(Session& session, const std::string& namespace_id, const std::string& kind,
                        const std::optional<std::string>& name) {
  if (!name)
    return session.change("DELETE FROM metadefs WHERE namespace_id=? AND kind=?",
                          {namespace_id, kind});
  return session.change("DELETE FROM metadefs WHERE namespace_id=? AND kind=? AND name=?",
                        {namespace_id, kind, *name});
}

std::vector<Metadef> list_resource_types(Session& session) {
  std::vector<Metadef> types;
  for (ResourceTypeRow& row : platform::select<ResourceTypeRow>(session, "ORDER BY name"))
    types.push_back({std::string(kMetadefResourceType), std::move(row.name), base::JsonObject(),
                     row.created_at, row.updated_at});
  return types;
}

void delete_resource_types(Session& session) {
  for (const Metadef& type : list_resource_types(session))
    session.execute("DELETE FROM metadef_resource_types WHERE name=?", {type.name});
}

}  // namespace glance::store
