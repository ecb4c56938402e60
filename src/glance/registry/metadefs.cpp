#include "glance/registry/metadefs.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "glance/store/metadefs.hpp"
#include "platform/database/rows.hpp"

namespace glance::registry {
namespace {

using base::Error;
using base::ErrorKind;
using platform::Session;
using store::NamespaceRow;

// glance/common/exception.py; {0} is the definition's name, {1} the namespace's.
struct Wording {
  std::string_view kind;
  std::string_view is_taken;
  std::string_view is_missing;
  std::string_view is_protected;
};
constexpr std::array kWordings{
    Wording{
        kMetadefObject,
        "A metadata definition object with name={0} already exists in namespace={1}.",
        "The metadata definition object with name={0} was not found in namespace={1}.",
        "Metadata definition object {0} is protected and cannot be deleted.",
    },
    Wording{
        kMetadefProperty,
        "A metadata definition property with name={0} already exists in namespace={1}.",
        "The metadata definition property with name={0} was not found in namespace={1}.",
        "Metadata definition property {0} is protected and cannot be deleted.",
    },
    Wording{
        kMetadefTag,
        "A metadata tag with name={0} already exists in namespace={1}. (Please note that metadata "
        "tag names are case insensitive).",
        "The metadata definition tag with name={0} was not found in namespace={1}.",
        "Metadata definition tag {0} is protected and cannot be deleted.",
    },
    Wording{
        kMetadefResourceType,
        "The metadata definition resource-type association of resource-type={0} to namespace={1} "
        "already exists.",
        "The metadata definition resource-type association of resource-type={0} to namespace={1}, "
        "was not found.",
        "Metadata definition resource-type-association {0} is protected and cannot be deleted.",
    },
};

const Wording& wording_of(std::string_view kind) {
  const auto* found = std::ranges::find(kWordings, kind, &Wording::kind);
  if (found == kWordings.end())
    throw Error(ErrorKind::bad_request, fmt::format("unknown kind of definition {}", kind));
  return *found;
}

std::string worded(std::string_view text, const std::string& name, const std::string& space) {
  return fmt::format(fmt::runtime(text), name, space);
}

// Does what may find a key taken, which gets `message` then.
template <class F>
void or_conflict(const std::string& message, F write) {
  try {
    write();
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::conflict) throw;
    throw Error(ErrorKind::conflict, message);
  }
}

NamespaceRow get_row(Session& session, const std::string& name, const Viewer& viewer) {
  auto row = store::find_namespace(session, name);
  const bool visible =
      row && (viewer.admin || row->visibility == "public" || row->owner == viewer.project_id);
  if (!visible)
    throw Error(ErrorKind::not_found,
                fmt::format("Metadata definition namespace={} was not found.", name));
  return std::move(*row);
}

void insert(Session& session, const NamespaceRow& space, const Metadef& metadef) {
  or_conflict(worded(wording_of(metadef.kind).is_taken, metadef.name, space.name),
              [&] { store::insert_metadef(session, space.id, metadef); });
}

Metadef get_metadef(Session& session, const NamespaceRow& space, const std::string& kind,
                    const std::string& name) {
  auto metadef = store::find_metadef(session, space.id, kind, name);
  if (!metadef)
    throw Error(ErrorKind::not_found, worded(wording_of(kind).is_missing, name, space.name));
  return std::move(*metadef);
}

std::string taken_namespace(const std::string& name) {
  return fmt::format("The metadata definition namespace={} already exists.", name);
}

[[noreturn]] void refuse_protected_namespace(const std::string& name) {
  throw Error(
      ErrorKind::forbidden,
      fmt::format("Metadata definition namespace {} is protected and cannot be deleted.", name));
}

}  // namespace

MetadefContents Metadefs::add_namespace(const AddMetadefNamespace& request) {
  MetadefContents contents = request.contents;
  MetadefNamespace& space = contents.space;
  space.created_at = space.updated_at = runtime_.clock.now();
  for (Metadef& metadef : contents.metadefs)
    metadef.created_at = metadef.updated_at = space.created_at;
  const NamespaceRow row = store::to_row(runtime_.random.uuid(), space);
  database_.write("add metadef namespace", [&](Session& session) {
    or_conflict(taken_namespace(space.name), [&] { platform::insert(session, row); });
    for (const Metadef& metadef : contents.metadefs) insert(session, row, metadef);
  });
  return contents;
}

MetadefContents Metadefs::get_namespace(const GetMetadefNamespace& request) {
  return database_.read([&](Session& session) {
    NamespaceRow row = get_row(session, request.name, request.viewer);
    auto metadefs = store::list_all_metadefs(session, row.id);
    return MetadefContents{store::to_namespace(std::move(row)), std::move(metadefs)};
  });
}

MetadefNamespaceList Metadefs::list_namespaces(const ListMetadefNamespaces& request) {
  return database_.read([&](Session& session) {
    return MetadefNamespaceList{store::list_namespaces(session, request)};
  });
}

MetadefNamespace Metadefs::update_namespace(const UpdateMetadefNamespace& request) {
  MetadefNamespace space = request.space;
  space.updated_at = runtime_.clock.now();
  database_.write("update metadef namespace", [&](Session& session) {
    const NamespaceRow row = get_row(session, request.name, request.viewer);
    space.created_at = row.created_at;
    or_conflict(taken_namespace(space.name),
                [&] { platform::update(session, store::to_row(row.id, space)); });
  });
  return space;
}

void Metadefs::remove_namespace(const DeleteMetadefNamespace& request) {
  database_.write("delete metadef namespace", [&](Session& session) {
    const NamespaceRow row = get_row(session, request.name, request.viewer);
    if (row.is_protected) refuse_protected_namespace(row.name);
    store::delete_namespace(session, row.id);
  });
}

MetadefList Metadefs::add(const AddMetadefs& request) {
  MetadefList list{request.metadefs};
  const base::TimePoint now = runtime_.clock.now();
  for (Metadef& metadef : list.metadefs) metadef.created_at = metadef.updated_at = now;
  database_.write("add metadefs", [&](Session& session) {
    const NamespaceRow row = get_row(session, request.namespace_name, request.viewer);
    if (!request.replaced_kind.empty())
      store::delete_metadefs(session, row.id, request.replaced_kind, std::nullopt);
    for (const Metadef& metadef : list.metadefs) insert(session, row, metadef);
  });
  return list;
}

Metadef Metadefs::get(const GetMetadef& request) {
  return database_.read([&](Session& session) {
    const NamespaceRow row = get_row(session, request.namespace_name, request.viewer);
    return get_metadef(session, row, request.kind, request.name);
  });
}

MetadefList Metadefs::list(const ListMetadefs& request) {
  return database_.read([&](Session& session) {
    const NamespaceRow row = get_row(session, request.namespace_name, request.viewer);
    return MetadefList{store::list_metadefs(session, row.id, request)};
  });
}

Metadef Metadefs::update(const UpdateMetadef& request) {
  Metadef metadef = request.metadef;
  metadef.updated_at = runtime_.clock.now();
  database_.write("update metadef", [&](Session& session) {
    const NamespaceRow row = get_row(session, request.namespace_name, request.viewer);
    metadef.created_at = get_metadef(session, row, metadef.kind, request.name).created_at;
    or_conflict(worded(wording_of(metadef.kind).is_taken, metadef.name, row.name),
                [&] { store::update_metadef(session, row.id, request.name, metadef); });
  });
  return metadef;
}

void Metadefs::remove(const DeleteMetadefs& request) {
  database_.write("delete metadefs", [&](Session& session) {
    const NamespaceRow row = get_row(session, request.namespace_name, request.viewer);
    if (row.is_protected && !request.name) refuse_protected_namespace(row.name);
    if (request.name) static_cast<void>(get_metadef(session, row, request.kind, *request.name));
    if (row.is_protected)
      throw Error(ErrorKind::forbidden,
                  worded(wording_of(request.kind).is_protected, *request.name, row.name));
    store::delete_metadefs(session, row.id, request.kind, request.name);
  });
}

MetadefList Metadefs::list_resource_types() {
  return database_.read(
      [&](Session& session) { return MetadefList{store::list_resource_types(session)}; });
}

void add_handlers(platform::Dispatcher& dispatcher, Metadefs& metadefs) {
  using platform::Message;
  using platform::Nothing;
  dispatcher
      .on<AddMetadefNamespace>(
          [&](const Message&, const AddMetadefNamespace& m) { return metadefs.add_namespace(m); })
      .on<GetMetadefNamespace>(
          [&](const Message&, const GetMetadefNamespace& m) { return metadefs.get_namespace(m); })
      .on<ListMetadefNamespaces>([&](const Message&, const ListMetadefNamespaces& m) {
        return metadefs.list_namespaces(m);
      })
      .on<UpdateMetadefNamespace>([&](const Message&, const UpdateMetadefNamespace& m) {
        return metadefs.update_namespace(m);
      })
      .on<DeleteMetadefNamespace>([&](const Message&, const DeleteMetadefNamespace& m) {
        metadefs.remove_namespace(m);
        return Nothing{};
      })
      .on<AddMetadefs>([&](const Message&, const AddMetadefs& m) { return metadefs.add(m); })
      .on<GetMetadef>([&](const Message&, const GetMetadef& m) { return metadefs.get(m); })
      .on<ListMetadefs>([&](const Message&, const ListMetadefs& m) { return metadefs.list(m); })
      .on<UpdateMetadef>([&](const Message&, const UpdateMetadef& m) { return metadefs.update(m); })
      .on<DeleteMetadefs>([&](const Message&, const DeleteMetadefs& m) {
        metadefs.remove(m);
        return Nothing{};
      })
      .on<ListResourceTypes>(
          [&](const Message&, const ListResourceTypes&) { return metadefs.list_resource_types(); });
}

}  // namespace glance::registry
