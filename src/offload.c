#include "offload.h"

#include "condition.h"
#include "loop.h"

#include <errno.h>
#include <stdlib.h>

static void discard(struct orun_offload *o)
{
    if (o->release)
        o->release(o);
    free(o);
}

static void perform(uv_work_t *work)
{
    struct orun_offload *o = work->data;
    o->perform(o);
}

static void performed(uv_work_t *work, int status)
{
    struct orun_offload *o = work->data;
    if (o->cancelled || status == UV_ECANCELED)
        orun_wake_cancelled(&o->wait);
    else
        orun_wake(&o->wait, o->finish(orun_wait_thread(&o->wait), o));
    discard(o);
}

static void cancel(struct orun_wait *wait)
{
    struct orun_offload *o = wait->data;
    o->cancelled = true;
    uv_cancel((uv_req_t *)&o->work);
}

int orun_offload(lua_State *L, struct orun_offload *o)
{
    o->work.data = o;
    o->cancelled = false;
    int error = orun_loop() ? -uv_queue_work(orun_loop(), &o->work, perform, performed) : errno;
    if (!error)
        return orun_wait(L, &o->wait, cancel, o);
    int n = orun_condition(L, error, o->what);
    discard(o);
    return n;
}
