#include "platform/log.hpp"
#include "platform/simulation/network.hpp"

namespace platform::simulation {
namespace {

using Answer = Exchange<http::Response>;

base::Error unreachable(const std::string& url_base) {
  return {base::ErrorKind::unavailable, "The service at " + url_base + " cannot be reached."};
}

http::Response answer(const http::Handler& handler, http::Request& request) {
  try {
    return handler(request);
  } catch (const std::exception& error) {
    log_error("an exception left a handler, which is a bug path={} error={}", request.path,
              error.what());
    http::Response response;
    response.status = 500;
    return response;
  }
}

}  // namespace

void Web::serve(std::shared_ptr<ProcessCore> process, const std::string& url_base,
                http::Handler handler) {
  sites_[url_base] = {std::move(process), std::move(handler)};
}

void Web::forget(const ProcessCore& process) {
  std::erase_if(sites_, [&](const auto& site) { return site.second.process.get() == &process; });
}

http::Response Web::send(ProcessCore& sender, const std::string& url_base, http::Request request,
                         base::Duration timeout) {
  const std::string what = request.method + " " + url_base + request.path;
  sender.point(what);
  const base::SteadyTime deadline = scheduler_.now() + timeout;
  const auto site = sites_.find(url_base);
  if (site == sites_.end()) throw unreachable(url_base);
  if (scheduler_.chance(faults_.http_failed)) throw unreachable(url_base);

  const bool answer_lost = scheduler_.chance(faults_.http_failed);
  auto exchange = std::make_shared<Answer>();
  auto shared = std::make_shared<http::Request>(std::move(request));
  shared->peer_address = "127.0.0.1";
  const auto handle = [exchange, shared, answer_lost, handler = site->second.handler] {
    http::Response response = answer(handler, *shared);
    if (!answer_lost) exchange->answer = std::move(response);
  };
  const auto ended = [this, exchange, url_base] {
    // Killed, or the connection broke after it was handled: the client cannot tell.
    if (!exchange->answer) exchange->error = unreachable(url_base);
    exchange->finish(scheduler_);
  };
  const FiberPointer fiber = scheduler_.spawn(site->second.process, what, handle, ended);
  http::Response response = exchange->wait(sender, what, deadline);
  sender.point(what + " answered");
  return response;
}

}  // namespace platform::simulation
